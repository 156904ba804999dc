// UTF-8 (RFC 3629), one character at a time, and text from outside made fit for
// a message to a person.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bb {

// The length in bytes of the character that `text` begins with: 1 to 4; 0 where
// no well-formed character begins (overlong forms and surrogates included), and
// for an empty text.
std::size_t utf8_character_bytes(std::string_view text);

// `text` on one line, cut between characters after at most `bytes_max` bytes of
// it with "…" behind. '?' stands for control characters, which could drive a
// terminal, for those that separate lines or turn the direction of text (Unicode
// Standard Annex 9, §2), and for bytes that are not UTF-8.
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace bb
