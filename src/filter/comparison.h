// Comparisons as filters write them: what they may stand between, and the conditions they become.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "filter/fault.h"
#include "filter/lexer.h"
#include "filter/program.h"
#include "schema/json_document.h"

namespace bb::filter {

// One side of a comparison.
struct Side {
  Operand operand;
  std::optional<schema::JsonType> literal;  // its type; nothing for a path
  std::size_t offset = 0;                   // in the filter
  std::string_view source{};
};

struct Comparison {
  TokenKind op = TokenKind::kEqual;
  std::string_view op_source;
  Side left;
  Side right;
};

// kEqual to kMatches.
bool is_comparison(TokenKind kind);

// Refuses one that a literal of the wrong type keeps from ever being true: it is a mistake.
Parsed<void> check_comparison(const Comparison& comparison);

// Its test, and whether the verdict is then negated.
struct Translation {
  Condition condition;
  bool is_negated = false;
};
Translation translate(const Comparison& comparison);

}  // namespace bb::filter
