#include "schema/format_uri_template.h"

#include <cstddef>

#include "schema/uri_chars.h"

namespace bb::schema {
namespace {

constexpr std::uint8_t kLiteralChars = kQueryChars | kTemplateMark;
constexpr std::size_t kPrefixDigitsMax = 4;
constexpr std::string_view kOperators = "+#./;?&=,!@|";

// Takes a letter, a digit, '_' or "%" with two hexadecimal digits from the front.
bool take_name_char(std::string_view& rest) {
  if (rest.empty()) return false;
  const char c = rest.front();
  if (c == '%') return take_percent(rest) >= 0;
  if (!is_alpha(c) && !is_digit(c) && c != '_') return false;
  rest.remove_prefix(1);
  return true;
}

// A name with single dots in it, and perhaps a modifier.
bool is_variable(std::string_view text) {
  do {
    if (!take_name_char(text)) return false;
    while (take_name_char(text)) {
    }
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  } while (true);
  if (text.empty() || text == "*") return true;
  if (text.front() != ':') return false;
  const std::string_view prefix = text.substr(1);
  if (prefix.empty() || prefix.size() > kPrefixDigitsMax || prefix.front() == '0') return false;
  return prefix.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_expression(std::string_view text) {
  if (!text.empty() && kOperators.find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!is_variable(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_uri_template(std::string_view text) {
  for (;;) {
    const std::size_t open = text.find('{');
    if (!consists_of(text.substr(0, open), kLiteralChars, Beyond::kUcsPrivate)) return false;
    if (open == std::string_view::npos) return true;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return false;
    if (!is_expression(text.substr(open + 1, close - open - 1))) return false;
    text.remove_prefix(close + 1);
  }
}

}  // namespace bb::schema
