#include "filter/parser.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/try.h"
#include "base/utf8.h"
#include "event/json_chars.h"
#include "event/json_scanner.h"
#include "filter/comparison.h"
#include "filter/filter.h"
#include "filter/lexer.h"
#include "filter/literals.h"
#include "filter/string_text.h"
#include "filter/suggestion.h"

namespace bb::filter {
namespace {

using schema::JsonType;
using Code = Instruction::Code;

constexpr std::string_view kOperatorList =
    "an operator (== != < <= > >= in contains starts_with ends_with matches), 'and', 'or'";

bool is_scalar(TokenKind kind) {
  return kind >= TokenKind::kString && kind <= TokenKind::kNull;
}

// Recursive descent; only parentheses descend, to a bounded depth.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) {}

  Parsed<Program> run();

 private:
  Parsed<void> parse_disjunction();
  Parsed<void> parse_conjunction();
  Parsed<void> parse_negation();
  Parsed<void> parse_group();
  Parsed<void> parse_existence();
  Parsed<void> parse_comparison();
  Parsed<Side> parse_side();
  Parsed<Side> parse_list();
  Parsed<Side> parse_pattern();
  Parsed<std::string> literal_json() const;  // of the current token, which is a scalar

  // Behind a condition; `expected` begins the message about anything that cannot follow one.
  Parsed<void> expect_end_of_condition(std::string_view expected) const;

  Parsed<void> advance();
  std::string_view source(const Token& token) const {
    return text_.substr(token.offset, token.size);
  }
  // Begins with `expected`, and says what there is instead.
  std::unexpected<Fault> unexpected(std::string_view expected, std::string_view hint = "") const;
  std::string hint_at_operator() const;

  Operand add_path(Path path);
  std::size_t emit(Code code, std::uint32_t argument = 0);
  void emit_test(Condition condition);
  void land(const std::vector<std::size_t>& skips);

  std::string_view text_;
  Lexer lexer_;
  Token token_;  // the one that is looked at
  std::size_t depth_ = 0;
  Program program_;
  Literals literals_;
  std::map<Path, std::uint32_t> path_indexes_;
};

Parsed<Program> Parser::run() {
  program_.text = text_;
  BB_TRY(advance());
  if (token_.kind == TokenKind::kEnd) {
    return refuse(0, "the filter is empty; one is, for example, payload.confidence > 0.8");
  }
  BB_TRY(parse_disjunction());
  if (token_.kind == TokenKind::kCloseParenthesis) {
    return refuse(token_.offset, "this ')' closes nothing");
  }
  BB_ASSERT(token_.kind == TokenKind::kEnd);
  literals_.move_to(program_);
  return std::move(program_);
}

Parsed<void> Parser::parse_disjunction() {
  std::vector<std::size_t> skips;
  for (;;) {
    BB_TRY(parse_conjunction());
    if (token_.kind != TokenKind::kOr) break;
    skips.push_back(emit(Code::kSkipIfTrue));
    BB_TRY(advance());
  }
  land(skips);
  return {};
}

Parsed<void> Parser::parse_conjunction() {
  std::vector<std::size_t> skips;
  for (;;) {
    BB_TRY(parse_negation());
    if (token_.kind != TokenKind::kAnd) break;
    skips.push_back(emit(Code::kSkipIfFalse));
    BB_TRY(advance());
  }
  land(skips);
  return {};
}

Parsed<void> Parser::parse_negation() {
  bool negated = false;
  while (token_.kind == TokenKind::kNot) {
    negated = !negated;
    BB_TRY(advance());
  }
  if (token_.kind == TokenKind::kOpenParenthesis) {
    BB_TRY(parse_group());
  } else if (token_.kind == TokenKind::kExists) {
    BB_TRY(parse_existence());
  } else {
    BB_TRY(parse_comparison());
  }
  if (negated) emit(Code::kNegate);
  return {};
}

Parsed<void> Parser::parse_group() {
  const std::size_t opening = token_.offset;
  if (depth_ == kFilterDepthMax) {
    return refuse(opening,
                  fmt::format("more than {} parentheses within each other", kFilterDepthMax));
  }
  ++depth_;
  BB_TRY(advance());
  BB_TRY(parse_disjunction());
  if (token_.kind != TokenKind::kCloseParenthesis) {
    return refuse(opening, "this '(' is not closed");
  }
  --depth_;
  BB_TRY(advance());
  if (is_comparison(token_.kind)) {
    return refuse(opening, "parentheses stand around conditions, not around values");
  }
  return expect_end_of_condition("'and', 'or'");
}

Parsed<void> Parser::parse_existence() {
  BB_TRY(advance());
  const bool in_parentheses = token_.kind == TokenKind::kOpenParenthesis;
  if (in_parentheses) BB_TRY(advance());
  if (token_.kind != TokenKind::kDottedPath && token_.kind != TokenKind::kPointer) {
    return unexpected("a path behind 'exists'");
  }
  BB_TRY_ASSIGN(const Side side, parse_side());
  emit_test({.op = Operator::kExists, .left = side.operand});
  if (in_parentheses) {
    if (token_.kind != TokenKind::kCloseParenthesis) return unexpected("')' behind the path");
    BB_TRY(advance());
  }
  return expect_end_of_condition("'and', 'or'");
}

Parsed<void> Parser::parse_comparison() {
  BB_TRY_ASSIGN(const Side left, parse_side());
  if (!is_comparison(token_.kind)) {
    BB_TRY(expect_end_of_condition(kOperatorList));
    if (left.literal && left.literal != JsonType::kBoolean) {
      return refuse(left.offset, fmt::format("{} alone is no condition; compare it, as in "
                                             "payload.confidence > 0.8",
                                             printable(left.source, 40)));
    }
    emit_test({.op = Operator::kIsTrue, .left = left.operand});
    return {};
  }
  Comparison comparison{.op = token_.kind, .op_source = source(token_), .left = left, .right = {}};
  BB_TRY(advance());
  BB_TRY_ASSIGN(comparison.right,
                comparison.op == TokenKind::kMatches ? parse_pattern() : parse_side());
  BB_TRY(check_comparison(comparison));
  const Translation translation = translate(comparison);
  emit_test(translation.condition);
  if (translation.is_negated) emit(Code::kNegate);
  return expect_end_of_condition("'and', 'or'");
}

Parsed<Side> Parser::parse_side() {
  Side side{.operand = {}, .literal = {}, .offset = token_.offset, .source = source(token_)};
  switch (token_.kind) {
    case TokenKind::kDottedPath:
      if (std::string reason = explain_unknown_field(token_.path); !reason.empty()) {
        return refuse(token_.offset, std::move(reason));
      }
      [[fallthrough]];
    case TokenKind::kPointer:
      side.operand = add_path(std::move(token_.path));
      break;
    case TokenKind::kString:
      side.literal = JsonType::kString;
      break;
    case TokenKind::kNumber:
      side.literal = JsonType::kNumber;
      break;
    case TokenKind::kTrue:
    case TokenKind::kFalse:
      side.literal = JsonType::kBoolean;
      break;
    case TokenKind::kNull:
      side.literal = JsonType::kNull;
      break;
    case TokenKind::kOpenBracket:
      return parse_list();
    case TokenKind::kOpenParenthesis:
      return refuse(token_.offset,
                    "parentheses stand around conditions, not around values; a list is written "
                    "in brackets: [1, 2]");
    default:
      return unexpected("a path or a value");
  }
  if (side.literal) {
    BB_TRY_ASSIGN(const std::string json, literal_json());
    side.operand = literals_.add(json);
  }
  BB_TRY(advance());
  return side;
}

Parsed<Side> Parser::parse_list() {
  const std::size_t opening = token_.offset;
  const auto expected = [this, opening](std::string_view what) {
    if (token_.kind == TokenKind::kEnd) return refuse(opening, "this '[' is not closed");
    return unexpected(what);
  };
  std::string json = "[";
  BB_TRY(advance());
  for (std::size_t count = 0; token_.kind != TokenKind::kCloseBracket; ++count) {
    if (count > 0) {
      if (token_.kind != TokenKind::kComma) return expected("',' or ']' in the list");
      json += ',';
      BB_TRY(advance());
    }
    if (count == kFilterListElementsMax) {
      return refuse(token_.offset,
                    fmt::format("a list has at most {} elements", kFilterListElementsMax));
    }
    if (!is_scalar(token_.kind)) {
      return expected("a number, a string in quotes, true, false or null in the list");
    }
    BB_TRY_ASSIGN(const std::string element, literal_json());
    json += element;
    BB_TRY(advance());
  }
  json += ']';
  const Side side{.operand = literals_.add(json),
                  .literal = JsonType::kArray,
                  .offset = opening,
                  .source = text_.substr(opening, token_.offset + token_.size - opening)};
  BB_TRY(advance());
  return side;
}

Parsed<Side> Parser::parse_pattern() {
  if (token_.kind != TokenKind::kString) return unexpected("a regular expression in quotes");
  if (program_.patterns.size() == kFilterPatternsMax) {
    return refuse(token_.offset,
                  fmt::format("a filter has at most {} regular expressions", kFilterPatternsMax));
  }
  // As it stands: its backslashes are the expression's own, for which \' and \" are quotes too.
  auto pattern = schema::Pattern::compile(between_quotes(source(token_)));
  if (!pattern) return refuse(token_.offset, std::move(pattern).error().message);
  const Side side{.operand = {.kind = Operand::Kind::kPattern,
                              .index = static_cast<std::uint32_t>(program_.patterns.size())},
                  .literal = JsonType::kString,
                  .offset = token_.offset,
                  .source = source(token_)};
  program_.patterns.push_back(*std::move(pattern));
  BB_TRY(advance());
  return side;
}

Parsed<std::string> Parser::literal_json() const {
  if (token_.kind == TokenKind::kString) return to_json_string(source(token_), token_.offset);
  return std::string(source(token_));
}

Parsed<void> Parser::expect_end_of_condition(std::string_view expected) const {
  switch (token_.kind) {
    case TokenKind::kEnd:
    case TokenKind::kAnd:
    case TokenKind::kOr:
    case TokenKind::kCloseParenthesis:
      return {};
    case TokenKind::kNot:
      return refuse(token_.offset,
                    "'not' stands before the whole comparison: not payload.kind in ['a', 'b']");
    default:
      break;
  }
  if (is_comparison(token_.kind)) {
    return refuse(token_.offset, fmt::format("'{}' does not follow a condition; two comparisons "
                                             "are joined with 'and' or 'or'",
                                             source(token_)));
  }
  return unexpected(fmt::format("{} or {}", expected, depth_ > 0 ? "')'" : "the end"),
                    hint_at_operator());
}

Parsed<void> Parser::advance() {
  BB_TRY_ASSIGN(token_, lexer_.next());
  return {};
}

std::unexpected<Fault> Parser::unexpected(std::string_view expected, std::string_view hint) const {
  const std::string found = token_.kind == TokenKind::kEnd
                                ? "the end"
                                : fmt::format("'{}'", printable(source(token_), 40));
  return refuse(token_.offset, fmt::format("expected {}, but found {}{}", expected, found, hint));
}

// What the current token, which stands where an operator should, was probably meant to be.
std::string Parser::hint_at_operator() const {
  if (token_.kind == TokenKind::kDottedPath) return suggest_operator(source(token_));
  const bool follows_closely = !event::is_json_space(text_[token_.offset - 1]);
  if (follows_closely && token_.kind == TokenKind::kPointer) {
    return "; a JSON pointer begins with '/', as in /payload/confidence";
  }
  if (follows_closely && token_.kind == TokenKind::kOpenBracket) {
    return "; an index of a JSON pointer is one of its names, as in /payload/checks/0";
  }
  return "";
}

Operand Parser::add_path(Path path) {
  const auto next = static_cast<std::uint32_t>(program_.paths.size());
  const auto [known, is_new] = path_indexes_.try_emplace(std::move(path), next);
  if (is_new) program_.paths.push_back(known->first);
  return {.kind = Operand::Kind::kPath, .index = known->second};
}

std::size_t Parser::emit(Code code, std::uint32_t argument) {
  program_.instructions.push_back({code, argument});
  return program_.instructions.size() - 1;
}

void Parser::emit_test(Condition condition) {
  emit(Code::kTest, static_cast<std::uint32_t>(program_.conditions.size()));
  program_.conditions.push_back(condition);
}

void Parser::land(const std::vector<std::size_t>& skips) {
  for (const std::size_t skip : skips) {
    program_.instructions[skip].argument = static_cast<std::uint32_t>(program_.instructions.size());
  }
}

}  // namespace

Parsed<Program> parse_program(std::string_view text) {
  if (const auto offset = event::find_utf8_fault(text)) {
    return refuse(*offset, fmt::format("byte 0x{:02x} is not UTF-8 here",
                                       static_cast<unsigned char>(text[*offset])));
  }
  return Parser(text).run();
}

}  // namespace bb::filter
