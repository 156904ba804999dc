#include "cli/display_text.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace bb::cli {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;  // false: one byte that is not part of any UTF-8 sequence
};

// The first code point of a text that is not empty.
CodePoint first_code_point(std::string_view text) {
  const std::size_t bytes = utf8_character_bytes(text);
  const std::uint32_t lead = static_cast<unsigned char>(text.front());
  if (bytes == 0) return {lead, 1, false};
  if (bytes == 1) return {lead, 1, true};
  std::uint32_t value = lead & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  return {value, bytes, true};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool within(std::uint32_t value, const std::array<Range, N>& ranges) {
  for (const Range& range : ranges) {
    if (value >= range.first && value <= range.last) return true;
  }
  return false;
}

// Controls, and the formatting characters that reorder what a reader sees.
constexpr std::array<Range, 7> kUnsafe{{{0x00, 0x1F},
                                        {0x7F, 0x9F},
                                        {0x061C, 0x061C},
                                        {0x200E, 0x200F},
                                        {0x2028, 0x202E},
                                        {0x2066, 0x2069},
                                        {0xFFF9, 0xFFFB}}};

constexpr std::array<Range, 6> kZeroWidth{{{0x0300, 0x036F},
                                           {0x200B, 0x200D},
                                           {0x20D0, 0x20FF},
                                           {0xFE00, 0xFE0F},
                                           {0x1F3FB, 0x1F3FF},
                                           {0xE0100, 0xE01EF}}};

constexpr std::array<Range, 11> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F64F},
                                       {0x1F680, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};

std::size_t columns(std::uint32_t value) {
  if (within(value, kZeroWidth)) return 0;
  return within(value, kWide) ? 2 : 1;
}

void append_escape(std::string& out, std::uint32_t value) {
  switch (value) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
  }
}

}  // namespace

std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (!point.valid) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", point.value);
    } else if (within(point.value, kUnsafe)) {
      append_escape(out, point.value);
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (!point.valid) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    width += columns(point.value);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t cut_at = 0;  // where the ellipsis goes if the text turns out to be too long
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = first_code_point(text.substr(at));
    used += columns(point.value);
    if (used > width) return width == 0 ? "" : std::string(text.substr(0, cut_at)) + "…";
    at += point.bytes;
    if (used < width) cut_at = at;
  }
  return std::string(text);
}

}  // namespace bb::cli
