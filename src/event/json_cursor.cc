#include "event/json_cursor.h"

#include "base/assert.h"
#include "event/json_chars.h"

namespace bb::event {
namespace {

constexpr std::string_view kScalarDelimiters = ",]} \n\r\t";

char char_at(std::string_view text, std::size_t at) {
  BB_ASSERT(at < text.size());
  return text[at];
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_json_space(text[at])) ++at;
  return at;
}

// Past the string whose opening quote is at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  BB_ASSERT(char_at(text, at) == '"');
  for (++at;; at += 2) {
    at = find_string_special(text, at);
    if (char_at(text, at) == '"') return at + 1;
    BB_ASSERT(text[at] == '\\');
  }
}

std::size_t skip_container(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  do {
    switch (char_at(text, at)) {
      case '"':
        at = skip_string(text, at);
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        --depth;
        break;
      default:
        break;
    }
    ++at;
  } while (depth > 0);
  return at;
}

std::size_t skip_scalar(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_of(kScalarDelimiters, at);
  return end == std::string_view::npos ? text.size() : end;
}

// The value that begins at `at`, which moves past it.
std::string_view take_value(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  switch (char_at(text, at)) {
    case '"':
      at = skip_string(text, at);
      break;
    case '{':
    case '[':
      at = skip_container(text, at);
      break;
    default:
      at = skip_scalar(text, at);
  }
  return text.substr(begin, at - begin);
}

// Past the comma, or the opening bracket, in front of the next item; false at `closer`.
bool advance_to_item(std::string_view text, std::size_t& at, char closer) {
  at = skip_space(text, at);
  if (char_at(text, at) == closer) return false;
  at = skip_space(text, at + 1);
  return char_at(text, at) != closer;  // an empty container
}

}  // namespace

JsonKind json_kind(std::string_view text) {
  switch (char_at(text, skip_space(text, 0))) {
    case 'n':
      return JsonKind::kNull;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case '"':
      return JsonKind::kString;
    case '[':
      return JsonKind::kArray;
    case '{':
      return JsonKind::kObject;
    default:
      return JsonKind::kNumber;
  }
}

std::string_view trim_json(std::string_view text) {
  while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view string_text(std::string_view value) {
  BB_ASSERT(value.size() >= 2 && value.front() == '"' && value.back() == '"');
  return value.substr(1, value.size() - 2);
}

JsonMembers::JsonMembers(std::string_view object) : text_(trim_json(object)) {
  BB_ASSERT(char_at(text_, 0) == '{');
}

std::optional<JsonMember> JsonMembers::next() {
  if (!advance_to_item(text_, at_, '}')) return std::nullopt;
  const std::string_view name = string_text(take_value(text_, at_));
  at_ = skip_space(text_, at_);
  BB_ASSERT(char_at(text_, at_) == ':');
  at_ = skip_space(text_, at_ + 1);
  return JsonMember{name, take_value(text_, at_)};
}

JsonElements::JsonElements(std::string_view array) : text_(trim_json(array)) {
  BB_ASSERT(char_at(text_, 0) == '[');
}

std::optional<std::string_view> JsonElements::next() {
  if (!advance_to_item(text_, at_, ']')) return std::nullopt;
  return take_value(text_, at_);
}

}  // namespace bb::event
