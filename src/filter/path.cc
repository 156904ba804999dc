#include "filter/path.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "event/json_string.h"
#include "filter/string_text.h"
#include "schema/format_pointer.h"
#include "schema/json_pointer.h"

namespace bb::filter {
namespace {

constexpr std::string_view kEndsPointer = " \t\n\r()[],!=<>&|\"'";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_at(std::string_view text, std::size_t at, char c) {
  return at < text.size() && text[at] == c;
}

// What is between the brackets, the first of which is at `at`; `end` is behind the second.
Parsed<std::size_t> read_subscript(std::string_view text, std::size_t at, Path& path) {
  const std::size_t begin = at + 1;
  std::size_t end = begin;
  if (has_at(text, begin, '"') || has_at(text, begin, '\'')) {
    BB_TRY_ASSIGN(end, find_string_end(text, begin));
    BB_TRY_ASSIGN(const std::string json, to_json_string(text.substr(begin, end - begin), begin));
    path.push_back(event::decode_json_string({json.data() + 1, json.size() - 2}).text);
  } else {
    while (end < text.size() && is_digit(text[end])) ++end;
    const bool leading_zero = end - begin > 1 && text[begin] == '0';
    if (end == begin || leading_zero) {
      return refuse(begin, "expected a name in quotes or an index from 0 between [ and ]");
    }
    path.emplace_back(text.substr(begin, end - begin));
  }
  if (!has_at(text, end, ']')) return refuse(at, "this '[' of a path is not closed");
  return end + 1;
}

}  // namespace

Parsed<PathText> read_pointer(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_of(kEndsPointer, at), text.size());
  const std::string_view pointer = text.substr(at, end - at);
  if (!schema::is_json_pointer(pointer)) {
    return refuse(at, "in a JSON pointer, '~' is written ~0, and '/' within a name ~1");
  }
  PathText read{.path = {}, .end = end};
  schema::PointerTokens tokens(pointer);
  while (const auto token = tokens.next()) read.path.emplace_back(*token);
  return read;
}

Parsed<PathText> read_dotted_path(std::string_view text, std::size_t at) {
  PathText read{.path = {}, .end = find_name_end(text, at)};
  read.path.emplace_back(text.substr(at, read.end - at));
  for (;;) {
    if (has_at(text, read.end, '[')) {
      BB_TRY_ASSIGN(read.end, read_subscript(text, read.end, read.path));
    } else if (has_at(text, read.end, '.')) {
      const std::size_t begin = read.end + 1;
      read.end = find_name_end(text, begin);
      if (read.end == begin) {
        return refuse(begin,
                      "expected a name behind '.'; one with other characters than letters, digits, "
                      "'_', '-', '$' and '@' is written in brackets: [\"odd name\"]");
      }
      read.path.emplace_back(text.substr(begin, read.end - begin));
    } else {
      return read;
    }
  }
}

bool is_name_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == '$' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

std::size_t find_name_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_name_byte(text[at])) ++at;
  return at;
}

}  // namespace bb::filter
