// The characters of URIs (RFC 3986 §2) and IRIs (RFC 3987 §2.2).
#pragma once

#include <cstdint>
#include <string_view>

namespace bb::schema {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Sets of ASCII characters; a value may be a union of several.
enum UriCharSet : std::uint8_t {
  kUnreserved = 1 << 0,   // letters, digits and -._~
  kSubDelims = 1 << 1,    // !$&'()*+,;=
  kColon = 1 << 2,        //
  kAt = 1 << 3,           //
  kSlash = 1 << 4,        //
  kQuestion = 1 << 5,     //
  kSchemeRest = 1 << 6,   // letters, digits and +-.
  kTemplateMark = 1 << 7  // #[], for the literals of RFC 6570
};

constexpr std::uint8_t kRegNameChars = kUnreserved | kSubDelims;
constexpr std::uint8_t kUserInfoChars = kRegNameChars | kColon;
constexpr std::uint8_t kPathChars = kUserInfoChars | kAt | kSlash;
constexpr std::uint8_t kQueryChars = kPathChars | kQuestion;  // and those of a fragment

// The UriCharSet values that the character is in; 0 for one that no URI may have
// unencoded, for '%' and for what is not ASCII.
std::uint8_t char_sets(char c);

// Which characters beyond ASCII a component may have as they are.
enum class Beyond : std::uint8_t {
  kNothing,     // RFC 3986
  kUcs,         // RFC 3987 ucschar
  kUcsPrivate,  // ucschar and iprivate
};

// Whether the text has only characters of these sets, "%" with two hexadecimal
// digits after it, and those beyond ASCII. Bytes that are not UTF-8 are in nothing.
bool consists_of(std::string_view text, std::uint8_t sets, Beyond beyond);

// Takes "%" and two hexadecimal digits from the front and returns their value; -1
// and nothing taken where there is no such thing.
int take_percent(std::string_view& rest);

// What take_code_point() returns where no well-formed character begins.
constexpr char32_t kNoCodePoint = 0xFFFF'FFFF;

// Takes one character of UTF-8 from the front of a text that is not empty.
char32_t take_code_point(std::string_view& rest);

// RFC 3987 ucschar, less the characters that §4.1 bans for the direction of text;
// with `with_private`, iprivate too.
bool is_iri_char(char32_t c, bool with_private);

}  // namespace bb::schema
