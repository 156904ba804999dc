#include "schema/uri_chars.h"

#include <array>
#include <cstddef>

#include "base/hex.h"
#include "base/utf8.h"

namespace bb::schema {
namespace {

constexpr auto kCharSets = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view chars, std::uint8_t set) {
    for (const char c : chars) table[static_cast<unsigned char>(c)] |= set;
  };
  for (const char range : {'A', 'a'}) {
    for (int i = 0; i < 26; ++i) {
      table[static_cast<unsigned char>(range + i)] = kUnreserved | kSchemeRest;
    }
  }
  add("0123456789", kUnreserved | kSchemeRest);
  add("-._~", kUnreserved);
  add("!$&'()*+,;=", kSubDelims);
  add(":", kColon);
  add("@", kAt);
  add("/", kSlash);
  add("?", kQuestion);
  add("+-.", kSchemeRest);
  add("#[]", kTemplateMark);
  return table;
}();

// Of a character of so many bytes of UTF-8; each other byte has six bits of it.
constexpr std::array<unsigned char, 5> kFirstByteMask = {0, 0x7F, 0x1F, 0x0F, 0x07};

}  // namespace

std::uint8_t char_sets(char c) {
  return kCharSets[static_cast<unsigned char>(c)];
}

int take_percent(std::string_view& rest) {
  if (rest.size() < 3 || rest[0] != '%') return -1;
  const int high = hex_digit_value(rest[1]);
  const int low = hex_digit_value(rest[2]);
  if (high < 0 || low < 0) return -1;
  rest.remove_prefix(3);
  return high << 4 | low;
}

char32_t take_code_point(std::string_view& rest) {
  const std::size_t size = utf8_character_bytes(rest);
  if (size == 0) return kNoCodePoint;
  char32_t c = static_cast<unsigned char>(rest[0]) & kFirstByteMask[size];
  for (std::size_t i = 1; i < size; ++i) {
    c = c << 6 | (static_cast<unsigned char>(rest[i]) & 0x3F);
  }
  rest.remove_prefix(size);
  return c;
}

bool is_iri_char(char32_t c, bool with_private) {
  if (c < 0xA0) return false;
  if (c < 0xE000) {
    // LRM and RLM; LRE, RLE, PDF, LRO and RLO. Surrogates are not in UTF-8.
    return c != 0x200E && c != 0x200F && !(c >= 0x202A && c <= 0x202E);
  }
  if (c < 0xF900) return with_private;
  if (c < 0x1'0000) return !(c >= 0xFDD0 && c <= 0xFDEF) && c < 0xFFF0;
  if (c > 0x10'FFFF || (c & 0xFFFF) > 0xFFFD) return false;
  if (c >= 0xF'0000) return with_private;
  return !(c >= 0xE'0000 && c <= 0xE'0FFF);
}

bool consists_of(std::string_view text, std::uint8_t sets, Beyond beyond) {
  while (!text.empty()) {
    if ((char_sets(text.front()) & sets) != 0) {
      text.remove_prefix(1);
    } else if (text.front() == '%') {
      if (take_percent(text) < 0) return false;
    } else {
      if (beyond == Beyond::kNothing) return false;
      const char32_t c = take_code_point(text);
      if (c == kNoCodePoint || !is_iri_char(c, beyond == Beyond::kUcsPrivate)) return false;
    }
  }
  return true;
}

}  // namespace bb::schema
