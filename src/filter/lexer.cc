#include "filter/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/try.h"
#include "base/utf8.h"
#include "event/json_chars.h"
#include "event/json_scanner.h"
#include "filter/string_text.h"

namespace bb::filter {
namespace {

struct Keyword {
  std::string_view text;
  TokenKind kind;
};

constexpr Keyword kKeywords[] = {
    {"and", TokenKind::kAnd},
    {"contains", TokenKind::kContains},
    {"ends_with", TokenKind::kEndsWith},
    {"exists", TokenKind::kExists},
    {"false", TokenKind::kFalse},
    {"in", TokenKind::kIn},
    {"matches", TokenKind::kMatches},
    {"not", TokenKind::kNot},
    {"null", TokenKind::kNull},
    {"or", TokenKind::kOr},
    {"starts_with", TokenKind::kStartsWith},
    {"true", TokenKind::kTrue},
};

// A symbol of other languages has no kind here, but advice.
struct Symbol {
  std::string_view text;
  TokenKind kind = TokenKind::kEnd;
  std::string_view advice{};
};

// A symbol comes before those that it begins with.
constexpr Symbol kSymbols[] = {
    {.text = "===", .advice = "use == to compare"},
    {.text = "!==", .advice = "use != to compare"},
    {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},
    {.text = "<>", .advice = "use != to compare"},
    {.text = "=~", .advice = "use matches, as in payload.text matches '^Hey'"},
    {.text = "=<", .advice = "use <= to compare"},
    {.text = "=>", .advice = "use >= to compare"},
    {"<=", TokenKind::kLessOrEqual},
    {">=", TokenKind::kGreaterOrEqual},
    {"&&", TokenKind::kAnd},
    {"||", TokenKind::kOr},
    {"<", TokenKind::kLess},
    {">", TokenKind::kGreater},
    {"!", TokenKind::kNot},
    {"(", TokenKind::kOpenParenthesis},
    {")", TokenKind::kCloseParenthesis},
    {"[", TokenKind::kOpenBracket},
    {"]", TokenKind::kCloseBracket},
    {",", TokenKind::kComma},
    {.text = "=", .advice = "use == to compare"},
    {.text = "&", .advice = "use && or and"},
    {.text = "|", .advice = "use || or or"},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// More than numbers have, so that 10ms and 2026-01-27 are refused as a whole.
bool is_number_byte(char c) {
  return is_name_byte(c) || c == '.' || c == '+';
}

}  // namespace

Parsed<Token> Lexer::next() {
  while (at_ < text_.size() && event::is_json_space(text_[at_])) ++at_;
  if (at_ == text_.size()) return take(TokenKind::kEnd, at_);
  const char c = text_[at_];
  if (c == '"' || c == '\'') return take_string();
  if (c == '-' || is_digit(c)) return take_number();
  if (c == '/') {
    BB_TRY_ASSIGN(PathText read, read_pointer(text_, at_));
    return take(TokenKind::kPointer, read.end, std::move(read.path));
  }
  return is_name_byte(c) ? take_word() : take_symbol();
}

Token Lexer::take(TokenKind kind, std::size_t end, Path path) {
  const std::size_t begin = std::exchange(at_, end);
  return {.kind = kind, .offset = begin, .size = end - begin, .path = std::move(path)};
}

Parsed<Token> Lexer::take_string() {
  BB_TRY_ASSIGN(const std::size_t end, find_string_end(text_, at_));
  return take(TokenKind::kString, end);
}

Parsed<Token> Lexer::take_number() {
  std::size_t end = at_;
  while (end < text_.size() && is_number_byte(text_[end])) ++end;
  const std::string_view number = text_.substr(at_, end - at_);
  if (event::find_json_fault(number)) {
    return refuse(at_, fmt::format("'{}' is not a JSON number, as 10, -0.5 and 1e3 are; a string "
                                   "is written in quotes",
                                   printable(number, 40)));
  }
  return take(TokenKind::kNumber, end);
}

Parsed<Token> Lexer::take_word() {
  const std::size_t end = find_name_end(text_, at_);
  const auto* const keyword =
      std::ranges::find(kKeywords, text_.substr(at_, end - at_), &Keyword::text);
  if (keyword != std::end(kKeywords)) return take(keyword->kind, end);
  BB_TRY_ASSIGN(PathText read, read_dotted_path(text_, at_));
  return take(TokenKind::kDottedPath, read.end, std::move(read.path));
}

Parsed<Token> Lexer::take_symbol() {
  const std::string_view rest = text_.substr(at_);
  const auto* const symbol = std::ranges::find_if(
      kSymbols, [rest](const Symbol& known) { return rest.starts_with(known.text); });
  if (symbol == std::end(kSymbols)) {
    return refuse(at_,
                  fmt::format("unexpected '{}'; strings are written in quotes, odd names in quotes "
                              "and brackets: payload[\"odd name\"]",
                              printable(rest.substr(0, utf8_character_bytes(rest)), 8)));
  }
  if (!symbol->advice.empty()) {
    return refuse(at_, fmt::format("'{}' is no operator here: {}", symbol->text, symbol->advice));
  }
  return take(symbol->kind, at_ + symbol->text.size());
}

}  // namespace bb::filter
