#include "filter/string_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "base/utf8.h"

namespace bb::filter {
namespace {

// Whether `text`, which is not empty, begins with what may follow a backslash in JSON.
bool begins_with_escape(std::string_view text) {
  if (text.front() != 'u') {
    return std::string_view("\"\\/bfnrt").find(text.front()) != std::string_view::npos;
  }
  const std::string_view digits = text.substr(1, 4);
  return digits.size() == 4 &&
         std::ranges::all_of(digits, [](char c) { return hex_digit_value(c) >= 0; });
}

// The escape that `text` was meant to begin with, for a message.
std::string describe_escape(std::string_view text) {
  const std::size_t size = text.front() == 'u' ? 5 : utf8_character_bytes(text);
  return "\\" + printable(text.substr(0, size), 8);
}

}  // namespace

Parsed<std::size_t> find_string_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == quote) return i + 1;
    if (static_cast<unsigned char>(text[i]) < 0x20) {
      return refuse(i, fmt::format("control character in a string; write it as \\u{:04x}",
                                   static_cast<unsigned char>(text[i])));
    }
    if (text[i] == '\\') ++i;
  }
  return refuse(at, fmt::format("this string has no closing {}", quote));
}

std::string_view between_quotes(std::string_view quoted) {
  return quoted.substr(1, quoted.size() - 2);
}

Parsed<std::string> to_json_string(std::string_view quoted, std::size_t offset) {
  const std::string_view inner = between_quotes(quoted);
  std::string json = "\"";
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"') {
      json += "\\\"";  // it stands between single quotes
    } else if (inner[i] != '\\') {
      json += inner[i];
    } else if (inner[i + 1] == '\'') {  // something follows: a last backslash closes no string
      json += inner[++i];
    } else if (begins_with_escape(inner.substr(i + 1))) {
      json += inner[i];
      json += inner[++i];
    } else {
      return refuse(offset + 1 + i, fmt::format("'{}' is no escape of a JSON string; a backslash "
                                                "itself is written \\\\",
                                                describe_escape(inner.substr(i + 1))));
    }
  }
  json += '"';
  return json;
}

}  // namespace bb::filter
