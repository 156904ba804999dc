#include "filter/comparison.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/try.h"
#include "base/utf8.h"

namespace bb::filter {
namespace {

using schema::JsonType;

bool is_number(JsonType type) {
  return type == JsonType::kInteger || type == JsonType::kNumber;
}

// `is_fitting` says whether a literal of a type can be that side.
template <class Predicate>
Parsed<void> check_side(const Side& side, Predicate is_fitting, std::string_view why_not) {
  if (!side.literal || is_fitting(*side.literal)) return {};
  return refuse(side.offset, fmt::format("{} {}", printable(side.source, 40), why_not));
}

}  // namespace

bool is_comparison(TokenKind kind) {
  return kind >= TokenKind::kEqual && kind <= TokenKind::kMatches;
}

Parsed<void> check_comparison(const Comparison& comparison) {
  const auto check_both = [&](auto is_fitting, std::string_view why_not) -> Parsed<void> {
    BB_TRY(check_side(comparison.left, is_fitting, why_not));
    return check_side(comparison.right, is_fitting, why_not);
  };
  switch (comparison.op) {
    case TokenKind::kLess:
    case TokenKind::kLessOrEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterOrEqual:
      return check_both([](JsonType type) { return is_number(type) || type == JsonType::kString; },
                        "has no order: only numbers and strings have; compare it with == or !=");
    case TokenKind::kIn:
    case TokenKind::kContains:
      return check_side(
          comparison.op == TokenKind::kIn ? comparison.right : comparison.left,
          [](JsonType type) { return type == JsonType::kArray || type == JsonType::kString; },
          "contains nothing: only strings, arrays and objects do; a list is written in brackets: "
          "[1, 2]");
    case TokenKind::kStartsWith:
    case TokenKind::kEndsWith:
    case TokenKind::kMatches:
      return check_both(
          [](JsonType type) { return type == JsonType::kString; },
          fmt::format("is no string, and '{}' is about strings", comparison.op_source));
    default:
      return {};
  }
}

Translation translate(const Comparison& comparison) {
  const Operand left = comparison.left.operand;
  const Operand right = comparison.right.operand;
  switch (comparison.op) {
    case TokenKind::kEqual:
      return {.condition = {Operator::kEqual, left, right}};
    case TokenKind::kNotEqual:
      return {.condition = {Operator::kEqual, left, right}, .is_negated = true};
    case TokenKind::kLess:
      return {.condition = {Operator::kLess, left, right}};
    case TokenKind::kLessOrEqual:
      return {.condition = {Operator::kLessOrEqual, left, right}};
    case TokenKind::kGreater:
      return {.condition = {Operator::kLess, right, left}};
    case TokenKind::kGreaterOrEqual:
      return {.condition = {Operator::kLessOrEqual, right, left}};
    case TokenKind::kIn:
      return {.condition = {Operator::kContains, right, left}};
    case TokenKind::kContains:
      return {.condition = {Operator::kContains, left, right}};
    case TokenKind::kStartsWith:
      return {.condition = {Operator::kStartsWith, left, right}};
    case TokenKind::kEndsWith:
      return {.condition = {Operator::kEndsWith, left, right}};
    default:
      BB_ASSERT(comparison.op == TokenKind::kMatches);
      return {.condition = {Operator::kMatches, left, right}};
  }
}

}  // namespace bb::filter
