#include "cli/schema_settings.h"

#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "cli/output.h"

namespace bb::cli {

OptionSpec schemas_option(std::optional<std::string>& target) {
  return text_option("--schemas", "DIR", target,
                     "The folder of event schemas (default $HOLYFIELDS_PATH, else ./schemas, "
                     "../holyfields, ..., else those that come with bb)",
                     ValueKind::kDirectory);
}

void warn_of_schemas(const std::string& warning) {
  print_warning(warning);
}

Result<schema::SchemaRepository> open_repository(
    const Settings& settings, const Settings::Flag& flag, const SchemaOptions& schema,
    std::function<void(const std::string&)> on_warning) {
  BB_TRY_ASSIGN(const Setting setting, settings.schemas(flag));
  schema::RepositoryOptions options;
  options.schema = schema;
  if (!setting.value.empty()) options.root = setting.value;
  if (const auto home = settings.home()) options.home = *home;
  options.on_warning = std::move(on_warning);
  auto repository = schema::SchemaRepository::open(std::move(options));
  if (!repository) {
    Error error = std::move(repository).error();
    const std::string_view name = setting.origin == Origin::kFlag ? "--schemas" : "HOLYFIELDS_PATH";
    error.message = fmt::format("{}: {}", name, error.message);
    return fail(std::move(error));
  }
  return repository;
}

}  // namespace bb::cli
