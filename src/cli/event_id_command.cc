#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/management_options.h"
#include "cli/output.h"

namespace bb::cli {
namespace {

struct EventIdOptions {
  std::string event_type;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<std::string> key;
  std::optional<std::string> name_space;
};

// Others could not make the same id of other bytes.
bool is_text(const EventIdOptions& options) {
  const auto is_field_text = [](const auto& field) {
    return is_valid_utf8(field.first) && is_valid_utf8(field.second);
  };
  return std::ranges::all_of(options.fields, is_field_text) &&
         is_valid_utf8(options.key.value_or("")) && is_valid_utf8(options.name_space.value_or(""));
}

int run_event_id(const EventIdOptions& options) {
  if (!is_event_type(options.event_type)) {
    return report({ErrorCode::kUsage,
                   fmt::format("'{}' is not an event type", shorten(options.event_type, 80))});
  }
  if (options.key.has_value() == !options.fields.empty()) {
    return report({ErrorCode::kUsage,
                   "what makes the event unique is missing: give fields as NAME=VALUE, or --key"});
  }
  if (!is_text(options)) {
    return report({ErrorCode::kUsage, "fields, --key and --namespace have to be text in UTF-8"});
  }
  const std::string name_space = options.name_space.value_or("bloodbank");
  const Uuid id = options.key
                      ? deterministic_event_id(options.event_type, *options.key, name_space)
                      : deterministic_event_id(options.event_type, options.fields, name_space);
  return print_result(id.to_string() + "\n");
}

OptionSpec fields_argument(EventIdOptions& options) {
  OptionSpec spec;
  spec.names = {"FIELD"};
  spec.value_name = "FIELD";
  spec.help = "What makes it unique, as NAME=VALUE; their order does not count";
  spec.repeatable = true;
  spec.accept = [&options](const std::string& value) -> Result<void> {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is not NAME=VALUE", shorten(escape_controls(value), 80)));
    }
    std::string name = value.substr(0, equals);
    for (const auto& field : options.fields) {
      if (field.first != name) continue;
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is given twice", shorten(escape_controls(name), 80)));
    }
    options.fields.emplace_back(std::move(name), value.substr(equals + 1));
    return {};
  };
  return spec;
}

}  // namespace

Command event_id_command() {
  const auto options = std::make_shared<EventIdOptions>();
  Command command;
  command.name = "event-id";
  command.summary = "Print the id that the same event always has";
  command.description =
      "The id follows from the event type and what makes the event unique, so that whoever "
      "publishes it again uses the same one, and consumers see that they have it: a UUID of "
      "version 5 of NAMESPACE:EVENT_TYPE:KEY, where KEY is the fields, sorted by name and joined "
      "as "
      "name=value|name=value, or what --key says.";
  command.examples =
      "  bb event-id fireflies.transcript.upload meeting_id=abc123 user_id=user_456\n"
      "  bb event-id github.pr.created --key 'owner|repo|42'\n"
      "  id=$(bb event-id llm.prompt conversation=7 turn=3)\n"
      "  bb publish llm.prompt --mock --event-id \"$id\"\n";
  command.options = {
      required_argument("EVENT_TYPE", options->event_type, "Its type"),
      fields_argument(*options),
      text_option("--key", "KEY", options->key, "The key as it is, in place of fields"),
      text_option("--namespace", "NAME", options->name_space, "The namespace (default bloodbank)"),
  };
  command.run = [options] { return run_event_id(*options); };
  return command;
}

}  // namespace bb::cli
