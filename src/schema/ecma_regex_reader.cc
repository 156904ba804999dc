#include "schema/ecma_regex_reader.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/assert.h"
#include "base/try.h"
#include "base/utf8.h"
#include "schema/ecma_regex_property.h"

namespace bb::schema {
namespace {

constexpr std::string_view kSyntaxCharacters = "^$\\.*+?()[]{}|/";  // and "/", which is no one's

constexpr std::uint64_t kNumberMax = std::numeric_limits<std::uint32_t>::max();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::uint32_t> hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool is_lead_surrogate(char32_t c) {
  return c >= 0xD800 && c <= 0xDBFF;
}
bool is_trail_surrogate(char32_t c) {
  return c >= 0xDC00 && c <= 0xDFFF;
}

RegexAtom atom_of(CodePointSet set) {
  return {{.set = std::move(set), .properties = {}, .negated = false}, std::nullopt};
}

RegexAtom atom_of(char32_t literal) {
  RegexAtom atom = atom_of(CodePointSet({{literal, literal}}));
  atom.literal = literal;
  return atom;
}

}  // namespace

bool RegexReader::skip(std::string_view text) {
  if (!next_is(text)) return false;
  offset_ += text.size();
  return true;
}

char32_t RegexReader::take() {
  const std::string_view rest = source_.substr(offset_);
  const std::size_t bytes = utf8_character_bytes(rest);
  BB_ASSERT(bytes > 0);
  offset_ += bytes;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  if (bytes == 1) return byte(0);
  char32_t code_point = byte(0) & (0xFF >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) code_point = code_point << 6 | (byte(i) & 0x3F);
  return code_point;
}

std::optional<std::uint32_t> RegexReader::take_number() {
  if (!is_digit(peek())) return std::nullopt;
  std::uint64_t number = 0;
  while (is_digit(peek())) {
    number = std::min<std::uint64_t>(number * 10 + (peek() - '0'), kNumberMax);
    ++offset_;
  }
  return static_cast<std::uint32_t>(number);
}

std::optional<char32_t> RegexReader::take_hex(std::size_t digits) {
  const std::string_view text = source_.substr(offset_, digits);
  if (text.size() < digits) return std::nullopt;
  char32_t value = 0;
  for (const char c : text) {
    const auto digit = hex_value(c);
    if (!digit) return std::nullopt;
    value = value << 4 | *digit;
  }
  offset_ += digits;
  return value;
}

std::expected<char32_t, RegexFault> RegexReader::take_unicode_escape() {
  const std::size_t start = offset_;
  if (skip("{")) {
    char32_t value = 0;
    const std::size_t digits_start = offset_;
    for (auto digit = hex_value(peek()); digit; digit = hex_value(peek())) {
      value = value << 4 | *digit;
      if (value > kCodePointMax) return fault(start, "\\u{...} is above 10FFFF");
      ++offset_;
    }
    if (offset_ == digits_start || !skip("}")) return fault(start, "\\u{...} wants hex digits");
    return value;
  }
  const auto unit = take_hex(4);
  if (!unit) return fault(start, "\\u wants four hex digits");
  const std::size_t behind_first = offset_;
  if (is_lead_surrogate(*unit) && skip("\\u")) {
    const auto second = take_hex(4);
    if (second && is_trail_surrogate(*second)) {
      return 0x10000 + ((*unit - 0xD800) << 10) + (*second - 0xDC00);
    }
    offset_ = behind_first;
  }
  return *unit;
}

// The escapes for one character (CharacterEscape, and in classes \b and \-).
std::expected<char32_t, RegexFault> RegexReader::take_literal_escape(std::size_t start,
                                                                     bool in_class) {
  const char32_t escaped = take();
  switch (escaped) {
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case 'b':
      if (in_class) return '\b';
      break;
    case '-':
      if (in_class) return '-';
      break;
    case '0':
      if (is_digit(peek())) return fault(start, "octal escapes are not supported");
      return U'\0';
    case 'c': {
      const char letter = peek();
      if (!is_letter(letter)) return fault(start, "\\c wants a letter");
      ++offset_;
      return static_cast<char32_t>(letter % 32);
    }
    case 'x': {
      const auto value = take_hex(2);
      if (!value) return fault(start, "\\x wants two hex digits");
      return *value;
    }
    case 'u':
      return take_unicode_escape();
    default:
      break;
  }
  if (escaped < 0x80) {
    const char c = static_cast<char>(escaped);
    if (kSyntaxCharacters.contains(c)) return escaped;
    if (is_letter(c) || is_digit(c)) {
      return fault(start, std::string("\\") + c + " is not an escape of ECMA-262");
    }
  }
  if (lenient()) return escaped;
  return fault(start, "this character needs no escape and may have none");
}

std::expected<CharClass, RegexFault> RegexReader::take_property(std::size_t start, bool negated) {
  if (!skip("{")) return fault(start, "\\p wants a name in braces");
  const std::size_t length = source_.substr(offset_).find('}');
  if (length == std::string_view::npos) return fault(start, "\\p{ is not closed");
  const std::string_view name = source_.substr(offset_, length);
  auto pcre2_name = pcre2_property_name(name);
  if (!pcre2_name) {
    return fault(start, "unknown Unicode property '" + printable(name, 40) + "'");
  }
  offset_ += length + 1;
  CharClass property;
  property.properties.push_back({*std::move(pcre2_name), negated});
  return property;
}

std::expected<RegexAtom, RegexFault> RegexReader::take_escape(bool in_class) {
  const std::size_t start = offset_;
  BB_ASSERT(skip("\\"));
  if (at_end()) return fault(start, "a backslash at the end");
  if (skip("d")) return atom_of(digit_characters());
  if (skip("D")) return atom_of(digit_characters().complement());
  if (skip("w")) return atom_of(word_characters());
  if (skip("W")) return atom_of(word_characters().complement());
  if (skip("s")) return atom_of(space_characters());
  if (skip("S")) return atom_of(space_characters().complement());
  if (next_is("p") || next_is("P")) {
    const bool negated = take() == 'P';
    BB_TRY_ASSIGN(CharClass property, take_property(start, negated));
    return RegexAtom{std::move(property), std::nullopt};
  }
  BB_TRY_ASSIGN(const char32_t literal, take_literal_escape(start, in_class));
  return atom_of(literal);
}

std::expected<RegexAtom, RegexFault> RegexReader::take_class_atom() {
  if (peek() == '\\') return take_escape(/*in_class=*/true);
  return atom_of(take());
}

std::expected<CharClass, RegexFault> RegexReader::take_class() {
  const std::size_t start = offset_;
  BB_ASSERT(skip("["));
  CharClass result;
  result.negated = skip("^");
  std::vector<CodePointRange> ranges;
  const auto add = [&](RegexAtom atom) {
    const auto added = atom.char_class.set.ranges();
    ranges.insert(ranges.end(), added.begin(), added.end());
    std::ranges::move(atom.char_class.properties, std::back_inserter(result.properties));
  };

  while (!skip("]")) {
    if (at_end()) return fault(start, "this class is not closed");
    const std::size_t atom_start = offset_;
    BB_TRY_ASSIGN(RegexAtom first, take_class_atom());
    const bool is_range = peek() == '-' && !next_is("-]") && offset_ + 1 < source_.size();
    if (!is_range) {
      add(std::move(first));
      continue;
    }
    skip("-");
    BB_TRY_ASSIGN(RegexAtom last, take_class_atom());
    if (first.literal && last.literal) {
      if (*first.literal > *last.literal) return fault(atom_start, "this range is out of order");
      ranges.push_back({*first.literal, *last.literal});
    } else if (lenient()) {
      add(std::move(first));
      add(std::move(last));
      ranges.push_back({'-', '-'});
    } else {
      return fault(atom_start, "a range wants single characters at both ends");
    }
  }

  result.set = CodePointSet(std::move(ranges));
  if (result.negated && result.properties.empty()) {
    result.set = result.set.complement();
    result.negated = false;
  }
  return result;
}

}  // namespace bb::schema
