#include "cli/validate_schemas.h"

#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "cli/broken_schema.h"
#include "cli/input.h"
#include "cli/schema_settings.h"
#include "schema/file_uri.h"
#include "schema/repository_source.h"

namespace bb::cli {
namespace {

// Texts may be of any number of event types.
constexpr std::size_t kKnownMax = 4096;

// Says that it is the schema, and not a text, that is wrong.
Error blame_file(std::string_view file, Error error) {
  if (error.code == ErrorCode::kIo || error.code == ErrorCode::kNotFound ||
      error.code == ErrorCode::kContentTooLarge) {
    return {error.code, fmt::format("{}: the schema cannot be read: {}", file, error.message)};
  }
  const std::string_view fault =
      error.code == ErrorCode::kInvalidJson ? "the schema is not JSON" : "the schema is broken";
  const std::string_view gap = error.message.find('\n') == std::string::npos ? " " : "\n";
  return {ErrorCode::kInvalidSchema, fmt::format("{}: {}:{}{}", file, fault, gap, error.message)};
}

// What it refers to is looked for as if it were a file of the working folder.
Result<std::string> add_standard_input(SchemaSet& set) {
  set.map_prefix(schema::file_uri("./"), ".");
  BB_TRY_ASSIGN(Input input, read_input("-", schema::kSchemaBytesMax));
  return set.add(schema::file_uri("standard input"), std::move(input.text));
}

}  // namespace

Result<std::unique_ptr<ValidateSchemas>> ValidateSchemas::open(const ValidateOptions& options) {
  std::unique_ptr<ValidateSchemas> schemas(new ValidateSchemas(options));
  if (options.schema_file) {
    BB_TRY(schemas->open_file(*options.schema_file));
    return schemas;
  }
  BB_TRY_ASSIGN(auto repository,
                open_repository(Settings::load(), options.schemas, options.schema_options));
  schemas->repository_.emplace(std::move(repository));
  if (options.event_type) {
    BB_TRY_ASSIGN(schemas->single_, schemas->find(*options.event_type));
  }
  return schemas;
}

Result<void> ValidateSchemas::open_file(const std::string& path) {
  SchemaSet set(options_.schema_options);
  for (const auto& [prefix, folder] : options_.maps) set.map_prefix(prefix, folder);
  const bool is_standard = path == "-";
  const std::string name = is_standard ? "standard input" : path;
  const auto id = is_standard ? add_standard_input(set) : set.add_file(path);
  if (!id) return fail(blame_file(name, id.error()));
  auto compiled = set.compile(*id);
  if (!compiled) return fail(blame_file(name, std::move(compiled).error()));
  single_ = *std::move(compiled);
  return {};
}

Result<CompiledSchema> ValidateSchemas::find(const std::string& event_type) {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(event_type); known != known_.end()) return known->second;
  std::optional<std::uint32_t> version;
  if (options_.schema_version) version = static_cast<std::uint32_t>(*options_.schema_version);
  const auto found = repository_->find(event_type, version);
  if (known_.size() >= kKnownMax) known_.clear();
  Result<CompiledSchema> compiled = found ? Result<CompiledSchema>((*found)->schema)
                                          : fail(blame_schema(found.error(), event_type));
  known_.emplace(event_type, compiled);
  return compiled;
}

}  // namespace bb::cli
