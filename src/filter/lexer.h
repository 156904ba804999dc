// The text of a filter, cut into tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "filter/fault.h"
#include "filter/path.h"

namespace bb::filter {

enum class TokenKind : std::uint8_t {
  kEnd,
  kDottedPath,  // also a single word that is no keyword
  kPointer,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kAnd,
  kOr,
  kNot,
  kExists,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kContains,
  kStartsWith,
  kEndsWith,
  kMatches,
  kOpenParenthesis,
  kCloseParenthesis,
  kOpenBracket,
  kCloseBracket,
  kComma,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t offset = 0;  // in the filter
  std::size_t size = 0;    // bytes
  Path path{};             // of kDottedPath and kPointer
};

class Lexer {
 public:
  // `text` is UTF-8 and outlives the lexer.
  explicit Lexer(std::string_view text) : text_(text) {}

  // kEnd at the end, again and again. Strings are closed, though their escapes are not looked at;
  // numbers are JSON.
  Parsed<Token> next();

 private:
  Token take(TokenKind kind, std::size_t end, Path path = {});
  Parsed<Token> take_string();
  Parsed<Token> take_number();
  Parsed<Token> take_word();
  Parsed<Token> take_symbol();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace bb::filter
