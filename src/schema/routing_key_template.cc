#include "schema/routing_key_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <vector>

#include "base/try.h"
#include "base/utf8.h"
#include "bloodbank/envelope.h"
#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::schema {
namespace {

// Either plain text, or the name of a field.
struct Part {
  std::string_view text;
  bool is_hole = false;
};

std::unexpected<Error> not_a_template(std::string_view event_type) {
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is not an event type: in one with fields of the payload, such as "
                          "artifact.{{action}}, each {{ is closed around a field's name",
                          printable(event_type, 80)));
}

Result<std::vector<Part>> split(std::string_view event_type) {
  std::vector<Part> parts;
  for (std::string_view rest = event_type; !rest.empty();) {
    const std::size_t open = std::min(rest.find_first_of("{}"), rest.size());
    if (open > 0) parts.push_back({rest.substr(0, open)});
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const std::size_t close = rest.find_first_of("{}", 1);
    if (rest.front() != '{' || close == std::string_view::npos || rest[close] != '}' ||
        close == 1) {
      return not_a_template(event_type);
    }
    parts.push_back({rest.substr(1, close - 1), true});
    rest.remove_prefix(close + 1);
  }
  return parts;
}

std::optional<std::string_view> find_field(std::string_view payload, std::string_view name) {
  std::optional<std::string_view> found;
  event::JsonMembers members(payload);
  while (const auto member = members.next()) {
    if (event::decode_json_string(member->name).text == name) found = member->value;
  }
  return found;
}

}  // namespace

bool is_template(std::string_view event_type) {
  return event_type.find_first_of("{}") != std::string_view::npos;
}

Result<void> check_template(std::string_view event_type) {
  BB_TRY_ASSIGN(const auto parts, split(event_type));
  std::string filled;
  for (const Part& part : parts) filled += part.is_hole ? "x" : part.text;
  if (!is_event_type(filled)) return not_a_template(event_type);
  return {};
}

Result<std::string> fill_template(std::string_view event_type, std::string_view payload) {
  BB_TRY_ASSIGN(const auto parts, split(event_type));
  std::string filled;
  std::vector<std::string> missing;
  for (const Part& part : parts) {
    if (!part.is_hole) {
      filled += part.text;
      continue;
    }
    const auto value = find_field(payload, part.text);
    if (!value) {
      missing.push_back(fmt::format("the payload has no field \"{}\"", part.text));
    } else if (event::json_kind(*value) != event::JsonKind::kString) {
      missing.push_back(fmt::format("the payload's field \"{}\" is {}, not a string", part.text,
                                    printable(*value, 40)));
    } else {
      filled += event::decode_json_string(event::string_text(*value)).text;
    }
  }
  if (!missing.empty()) {
    return fail(ErrorCode::kInvalidPayload, fmt::format("cannot make an event type of '{}': {}",
                                                        event_type, fmt::join(missing, "; ")));
  }
  if (!is_event_type(filled)) {
    return fail(
        ErrorCode::kInvalidPayload,
        fmt::format("the payload makes '{}' of '{}', which is not an event type: it is two or "
                    "more words of a-z, 0-9, - and _ with dots between them",
                    printable(filled, 80), event_type));
  }
  return filled;
}

Result<void> check_routing_key(std::string_view routing_key, std::string_view event_type,
                               std::string_view payload) {
  if (!is_template(routing_key)) return {};
  BB_TRY_ASSIGN(const std::string filled, fill_template(routing_key, payload));
  if (filled == event_type) return {};
  return fail(ErrorCode::kInvalidPayload,
              fmt::format("the payload is that of '{}' (its schema says '{}'), not of '{}'", filled,
                          routing_key, event_type));
}

}  // namespace bb::schema
