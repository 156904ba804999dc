#include "broker/header_match.h"

#include <algorithm>
#include <string_view>
#include <variant>

namespace bb::broker {

Result<HeaderMatch> HeaderMatch::compile(const amqp::FieldTable& arguments) {
  HeaderMatch match;
  bool with_x = false;
  if (const amqp::FieldValue* kind = arguments.find("x-match")) {
    const std::string* text = kind->as_string();
    if (text == nullptr) {
      return fail(
          ErrorCode::kPreconditionFailed,
          "Invalid x-match field type " + amqp::to_string(*kind) + " (expected a long string)");
    }
    if (*text != "all" && *text != "any" && *text != "all-with-x" && *text != "any-with-x") {
      return fail(ErrorCode::kPreconditionFailed,
                  "Invalid x-match field value '" + *text +
                      "'; expected all, any, all-with-x or any-with-x");
    }
    match.all_ = text->starts_with("all");
    with_x = text->ends_with("-with-x");
  }
  for (const auto& [name, value] : arguments.entries()) {
    if (name == "x-match" || (name.starts_with("x-") && !with_x)) continue;
    match.conditions_.append(name, value);
  }
  return match;
}

bool HeaderMatch::matches(const amqp::FieldTable& headers) const {
  const auto holds = [&](const amqp::FieldTable::Entry& condition) {
    const amqp::FieldValue* found = headers.find(condition.first);
    if (found == nullptr) return false;
    return std::holds_alternative<std::monostate>(condition.second.value) ||
           amqp::equivalent(condition.second, *found);
  };
  const auto& conditions = conditions_.entries();
  return all_ ? std::all_of(conditions.begin(), conditions.end(), holds)
              : std::any_of(conditions.begin(), conditions.end(), holds);
}

}  // namespace bb::broker
