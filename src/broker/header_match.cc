#include "broker/header_match.h"

#include <fmt/format.h>

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
      std::string value = amqp::to_string(*kind);
      std::erase(value, '\'');
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("Invalid x-match field type {} (value {}); expected longstr",
                              amqp::type_name(*kind), value));
    }
    if (*text != "all" && *text != "any" && *text != "all-with-x" && *text != "any-with-x") {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("Invalid x-match field value <<\"{}\">>; expected all, any, "
                              "all-with-x, or any-with-x",
                              *text));
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
