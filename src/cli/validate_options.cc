#include "cli/validate_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/schema_settings.h"

namespace bb::cli {
namespace {

constexpr std::string_view kDescription =
    "Says of each text whether a schema accepts it, and where not, what is wrong and where, on "
    "standard output. Nothing is published, and no broker is asked.\n"
    "\n"
    "The schema is that of an event type (--type), a file (--schema), or with --envelope that of "
    "each envelope's own event type. With --jsonl a file holds one text a line, of 16 MiB at most; "
    "empty lines are left out, and only lines that are wrong are told.\n"
    "\n"
    "A payload is a JSON object; --any-json lets other values through to the schema.\n"
    "\n"
    "References from one schema to another are looked up and never fetched: relative to the file, "
    "by $id, or where --map says that URIs with a prefix are files below a folder.\n"
    "\n"
    "Exit codes: 0 all are valid, 1 a file cannot be read (others are checked all the same), or no "
    "text is wrong but one cannot be checked: its schema is broken, or cannot be applied to it, 2 "
    "usage, 5 a text is not valid or not JSON, or its event type has no schema.";

constexpr std::string_view kExamples =
    "  bb publish llm.prompt --mock --dry-run > event.json\n"
    "  bb validate --envelope event.json\n"
    "  bb validate --envelope --jsonl event.json -o json\n"
    "  echo '{\"prompt\": \"hi\", \"provider\": \"anthropic\"}' > payload.json\n"
    "  bb validate --type llm.prompt payload.json\n"
    "  echo '{\"required\": [\"prompt\"]}' > prompt.schema.json\n"
    "  bb validate --schema prompt.schema.json payload.json\n"
    "  bb validate --schema prompt.schema.json --jsonl - < payload.json\n";

OptionSpec files_argument(ValidateOptions& options) {
  OptionSpec spec;
  spec.names = {"FILE"};
  spec.kind = ValueKind::kFile;
  spec.value_name = "FILE";
  spec.help = "What to check; - is standard input";
  spec.repeatable = true;
  spec.required = true;
  spec.accept = [&options](const std::string& value) -> Result<void> {
    options.files.push_back(value);
    return {};
  };
  return spec;
}

OptionSpec map_option(ValidateOptions& options) {
  OptionSpec spec;
  spec.names = {"--map"};
  spec.value_name = "URI-PREFIX=DIR";
  spec.help = "With --schema: URIs that begin with URI-PREFIX are files below DIR";
  spec.repeatable = true;
  spec.accept = [&options](const std::string& value) -> Result<void> {
    const std::size_t equals = value.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == value.size()) {
      return fail(ErrorCode::kUsage, fmt::format("'{}' is not URI-PREFIX=DIR", value));
    }
    options.maps.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    return {};
  };
  return spec;
}

OptionSpec draft_option(ValidateOptions& options) {
  return choice_option(
      "--draft", {"2020-12", "2019-09", "7"},
      [&options](const std::string& name) {
        options.dialect_given = true;
        options.schema_options.default_draft = name == "7"         ? SchemaDraft::k7
                                               : name == "2019-09" ? SchemaDraft::k2019_09
                                                                   : SchemaDraft::k2020_12;
      },
      "The draft of a schema that names none with $schema (default 2020-12)");
}

OptionSpec no_format_option(ValidateOptions& options) {
  OptionSpec spec;
  spec.names = {"--no-format"};
  spec.kind = ValueKind::kNothing;
  spec.help = "Do not check what 'format' says, such as date-time";
  spec.repeatable = true;
  spec.accept = [&options](const std::string&) -> Result<void> {
    options.dialect_given = true;
    options.schema_options.assert_formats = false;
    return {};
  };
  return spec;
}

}  // namespace

Result<void> check_validate_options(const ValidateOptions& options) {
  const auto usage = [](std::string_view problem) {
    return fail(ErrorCode::kUsage, fmt::format("{}; see 'bb help validate'", problem));
  };
  if (!options.event_type && !options.schema_file && !options.envelope) {
    return usage(
        "which schema is missing: give --type EVENT_TYPE, --schema FILE, or --envelope for "
        "envelopes, which say their event type");
  }
  if (options.event_type && options.schema_file) {
    return usage("--type and --schema do not go together: give one of them");
  }
  if (options.event_type && !is_event_type(*options.event_type)) {
    return usage(
        fmt::format("'{}' is not an event type: it is two or more words of a-z, 0-9, - "
                    "and _ with dots between them",
                    *options.event_type));
  }
  if (options.schema_file) {
    if (options.schema_version) return usage("--schema-version does not go with --schema");
    if (options.schemas) return usage("--schemas does not go with --schema");
  } else if (!options.maps.empty()) {
    return usage("--map goes with --schema");
  }
  for (const auto& [prefix, folder] : options.maps) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
      return usage(fmt::format("--map {}={}: there is no such folder", prefix, folder));
    }
  }
  if (options.envelope && options.any_json) {
    return usage("--any-json does not go with --envelope: the payload of one is an object");
  }
  std::size_t from_stdin = options.schema_file == "-" ? 1 : 0;
  for (const std::string& file : options.files) from_stdin += file == "-" ? 1 : 0;
  if (from_stdin > 1) return usage("standard input (-) can be read once");
  return {};
}

Command describe_validate(const std::shared_ptr<ValidateOptions>& options) {
  Command command;
  command.name = "validate";
  command.summary = "Check payloads and envelopes against their schemas";
  command.description = kDescription;
  command.examples = kExamples;
  command.options = {
      files_argument(*options),
      text_option("--type", "EVENT_TYPE", options->event_type,
                  "Check against the schema of this event type", ValueKind::kEventType),
      number_option("--schema-version", 1, std::numeric_limits<std::uint32_t>::max(),
                    options->schema_version, "The version of it (default the newest)"),
      text_option("--schema", "FILE", options->schema_file,
                  "Check against the schema in FILE; - is standard input", ValueKind::kFile),
      flag("--envelope", options->envelope,
           "The texts are envelopes: check their structure, and their payloads"),
      flag("--jsonl", options->lines, "Each line of a file is a text"),
      flag("--any-json", options->any_json, "Texts need not be objects"),
      schemas_option(options->schemas),
      map_option(*options),
      draft_option(*options),
      no_format_option(*options),
      number_option("--errors-max", 1, 1'000'000, options->errors_max,
                    "Tell at most N errors of each text (default 20)"),
      choice_option(
          "-o,--output", {"text", "json"},
          [options = options.get()](const std::string& name) {
            options->json_output = name == "json";
          },
          "Lines for a person (text, the default), or for each text an object in JSON Schema's "
          "\"basic\" output format with its file and line (json)"),
      flag("-q,--quiet", options->quiet, "Print only what is not valid"),
  };
  return command;
}

}  // namespace bb::cli
