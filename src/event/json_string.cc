#include "event/json_string.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "base/assert.h"
#include "base/hex.h"
#include "event/json_chars.h"

namespace bb::event {
namespace {

// Also of surrogates, in the three bytes that UTF-8's pattern would give them.
void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

constexpr bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// The UTF-16 code unit of the `\uXXXX` at `at`.
std::uint32_t unit_at(std::string_view escaped, std::size_t at) {
  BB_ASSERT(escaped.size() - at >= 6);
  std::uint32_t unit = 0;
  for (const char digit : escaped.substr(at + 2, 4)) {
    const int value = hex_digit_value(digit);
    BB_ASSERT(value >= 0);
    unit = unit << 4 | static_cast<std::uint32_t>(value);
  }
  return unit;
}

// Decodes the `\uXXXX` at `at`, or the pair of them that makes one character, and
// returns the offset behind.
std::size_t decode_unicode(std::string_view escaped, std::size_t at, std::string& out,
                           bool& well_formed) {
  const std::uint32_t unit = unit_at(escaped, at);
  at += 6;
  if (is_high_surrogate(unit) && escaped.substr(at).starts_with("\\u")) {
    const std::uint32_t second = unit_at(escaped, at);
    if (is_low_surrogate(second)) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00));
      return at + 6;
    }
  }
  if (is_high_surrogate(unit) || is_low_surrogate(unit)) well_formed = false;
  append_utf8(out, unit);
  return at;
}

char unescaped(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      BB_ASSERT(letter == '"' || letter == '\\' || letter == '/');
      return letter;
  }
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

bool append_decoded_json_string(std::string& out, std::string_view escaped) {
  bool well_formed = true;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = find_string_special(escaped, at);
    out += escaped.substr(at, end - at);
    if (end == escaped.size()) return well_formed;
    BB_ASSERT(escaped[end] == '\\' && escaped.size() - end >= 2);
    if (escaped[end + 1] == 'u') {
      at = decode_unicode(escaped, end, out, well_formed);
    } else {
      out += unescaped(escaped[end + 1]);
      at = end + 2;
    }
  }
}

DecodedString decode_json_string(std::string_view escaped) {
  DecodedString out;
  out.well_formed = append_decoded_json_string(out.text, escaped);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = find_string_special(text, at);
    out += text.substr(at, end - at);
    if (end == text.size()) break;
    append_escape(out, text[end]);
    at = end + 1;
  }
  out += '"';
}

}  // namespace bb::event
