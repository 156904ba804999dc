#include "base/utf8.h"

namespace bb {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool is_continuation(unsigned byte) {
  return (byte & 0xC0) == 0x80;
}

// U+0000 to U+001F, U+007F and U+0080 to U+009F (two bytes in UTF-8).
bool is_control(std::string_view character) {
  const unsigned first = byte_at(character, 0);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && byte_at(character, 1) < 0xA0;
}

// What turns the direction of the text around it (U+200E, U+200F, U+202A to U+202E, U+2066 to
// U+2069), so that a line does not say what it seems to, or ends it (U+2028, U+2029).
bool rearranges_text(std::string_view character) {
  if (character.size() != 3 || byte_at(character, 0) != 0xE2) return false;
  const unsigned second = byte_at(character, 1);
  const unsigned third = byte_at(character, 2);
  if (second == 0x80) return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
  return second == 0x81 && third >= 0xA6 && third <= 0xA9;
}

}  // namespace

// The table of RFC 3629 §4.
std::size_t utf8_character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < size) return 0;
  const unsigned second = byte_at(text, 1);
  if (!is_continuation(second)) return 0;
  if (first == 0xE0 && second < 0xA0) return 0;  // overlong
  if (first == 0xED && second > 0x9F) return 0;  // surrogate
  if (first == 0xF0 && second < 0x90) return 0;  // overlong
  if (first == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
  for (std::size_t i = 2; i < size; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  return size;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = utf8_character_bytes(text.substr(at));
    const std::size_t taken = size == 0 ? 1 : size;
    if (at + taken > bytes_max) return line + "…";
    const std::string_view character = text.substr(at, size);
    if (size == 0 || is_control(character) || rearranges_text(character)) {
      line += '?';
    } else {
      line += character;
    }
    at += taken;
  }
  return line;
}

}  // namespace bb
