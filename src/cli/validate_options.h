// The options of `bb validate`, and its help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/schema.h"
#include "cli/command.h"

namespace bb::cli {

struct ValidateOptions {
  std::vector<std::string> files;  // "-" is standard input
  bool envelope = false;           // the texts are envelopes
  bool lines = false;              // one text a line
  bool any_json = false;           // payloads need not be objects
  // Which schema; with `envelope` both may be left out.
  std::optional<std::string> event_type;
  std::optional<std::string> schema_file;  // or "-"
  std::optional<std::uint64_t> schema_version;
  std::optional<std::string> schemas;
  std::vector<std::pair<std::string, std::string>> maps;  // URI prefix and folder
  SchemaOptions schema_options;
  bool dialect_given = false;  // --draft or --no-format
  std::optional<std::uint64_t> errors_max;
  bool json_output = false;
  bool quiet = false;

  std::size_t violations_max() const { return errors_max ? std::size_t{*errors_max} : 20; }
};

// kUsage for options that do not go together.
Result<void> check_validate_options(const ValidateOptions& options);

// The command without its run().
Command describe_validate(const std::shared_ptr<ValidateOptions>& options);

}  // namespace bb::cli
