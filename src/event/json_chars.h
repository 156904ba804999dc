// What JSON's grammar says of single bytes (RFC 8259 §2 and §7).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bb::event {

constexpr bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The bytes that mean something within a string: its end, an escape, and control
// characters, which may not be there.
constexpr bool is_string_special(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

// One in each byte of a word, and the high bit of each.
inline constexpr std::uint64_t kOneInEachByte = 0x0101'0101'0101'0101;
inline constexpr std::uint64_t kHighBitOfEachByte = 0x8080'8080'8080'8080;

// The first such byte at or after `from`, or the size of the text. Eight bytes at a
// time: most of a payload is the inside of strings.
inline std::size_t find_string_special(std::string_view text, std::size_t from) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; text.size() - from >= 8; from += 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + from, sizeof word);
      const std::uint64_t quote = word ^ (kOneInEachByte * '"');
      const std::uint64_t backslash = word ^ (kOneInEachByte * '\\');
      // The high bit of a byte is set where the byte is zero, or less than 0x20. A
      // borrow may set it in bytes above such a one, so only the lowest counts.
      const std::uint64_t found =
          (((quote - kOneInEachByte) & ~quote) | ((backslash - kOneInEachByte) & ~backslash) |
           ((word - kOneInEachByte * 0x20) & ~word)) &
          kHighBitOfEachByte;
      if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (from < text.size() && !is_string_special(text[from])) ++from;
  return from;
}

}  // namespace bb::event
