#include "schema/format_pointer.h"

#include <cstddef>

#include "schema/uri_chars.h"

namespace bb::schema {
namespace {

bool take_number(std::string_view& rest) {
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits])) ++digits;
  if (digits == 0 || (digits > 1 && rest.front() == '0')) return false;
  rest.remove_prefix(digits);
  return true;
}

}  // namespace

bool is_json_pointer(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  if (!take_number(text)) return false;
  if (text.starts_with('+') || text.starts_with('-')) {
    text.remove_prefix(1);
    if (!take_number(text)) return false;
  }
  return text == "#" || is_json_pointer(text);
}

}  // namespace bb::schema
