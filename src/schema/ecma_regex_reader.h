// The lower half of the parser: characters, escapes and classes.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "schema/ecma_regex.h"

namespace bb::schema {

struct RegexAtom {
  CharClass char_class;
  std::optional<char32_t> literal;  // what the class was made of, maybe a surrogate
};

// A place in the source of a regular expression, which must be UTF-8.
class RegexReader {
 public:
  RegexReader(std::string_view source, RegexDialect dialect) : source_(source), dialect_(dialect) {}

  std::size_t offset() const { return offset_; }
  void seek(std::size_t offset) { offset_ = offset; }
  bool at_end() const { return offset_ == source_.size(); }
  bool lenient() const { return dialect_ == RegexDialect::kLenient; }

  // The next byte, or NUL at the end.
  char peek() const { return at_end() ? '\0' : source_[offset_]; }
  bool next_is(std::string_view text) const { return source_.substr(offset_).starts_with(text); }
  // Steps over `text` if it comes next.
  bool skip(std::string_view text);
  // The next character; not at the end.
  char32_t take();
  // Decimal digits, at least one; more than fits becomes the largest number.
  std::optional<std::uint32_t> take_number();

  std::unexpected<RegexFault> fault(std::string reason) const {
    return fault(offset_, std::move(reason));
  }
  static std::unexpected<RegexFault> fault(std::size_t offset, std::string reason) {
    return std::unexpected(RegexFault{offset, std::move(reason)});
  }

  // [...], from its bracket.
  std::expected<CharClass, RegexFault> take_class();
  // An escape that stands for characters, from its backslash; not \b, \k or \1.
  std::expected<RegexAtom, RegexFault> take_escape(bool in_class);
  // \uXXXX, a pair of them, or \u{X...}, from behind the u.
  std::expected<char32_t, RegexFault> take_unicode_escape();

 private:
  std::expected<CharClass, RegexFault> take_property(std::size_t start, bool negated);
  std::expected<char32_t, RegexFault> take_literal_escape(std::size_t start, bool in_class);
  std::expected<RegexAtom, RegexFault> take_class_atom();
  std::optional<char32_t> take_hex(std::size_t digits);

  std::string_view source_;
  std::size_t offset_ = 0;
  RegexDialect dialect_;
};

}  // namespace bb::schema
