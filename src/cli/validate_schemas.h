// The schemas that `bb validate` checks against.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "bloodbank/schema.h"
#include "cli/settings.h"
#include "cli/validate_options.h"
#include "schema/repository.h"

namespace bb::cli {

// Either one schema for all, or that of each event type. Thread-safe.
class ValidateSchemas {
 public:
  // Compiles what the options name; `options` outlives this. Errors: kIo, kNotFound and
  // kInvalidSchema, led by the file of the schema; kNoSchema; kUsage.
  static Result<std::unique_ptr<ValidateSchemas>> open(const ValidateOptions& options);

  // The one schema, if there is one.
  const std::optional<CompiledSchema>& single() const { return single_; }

  // Of an event type, found once. The errors of SchemaRepository::find(), with kInvalidSchema and
  // kIo led by the file of the schema.
  Result<CompiledSchema> find(const std::string& event_type);

 private:
  explicit ValidateSchemas(const ValidateOptions& options) : options_(options) {}

  Result<void> open_file(const std::string& path);

  const ValidateOptions& options_;
  std::optional<CompiledSchema> single_;
  std::mutex mutex_;  // of what follows
  std::optional<schema::SchemaRepository> repository_;
  std::map<std::string, Result<CompiledSchema>, std::less<>> known_;
};

}  // namespace bb::cli
