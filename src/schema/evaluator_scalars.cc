// Keywords of strings and numbers, `const` and `enum`.
#include <cstddef>

#include "schema/evaluator_run.h"
#include "schema/number_text.h"

namespace bb::schema {

bool Evaluator::matches(const Pattern& pattern, std::string_view characters) {
  switch (pattern.search(characters, scratch_.pattern)) {
    case Pattern::Outcome::kMatch:
      return true;
    case Pattern::Outcome::kNoMatch:
      return false;
    case Pattern::Outcome::kTooExpensive:
      break;
  }
  return refuse_for(Verdict::kTooExpensive);
}

bool Evaluator::length(const StringRule& rule, const JsonNode& node) {
  // A code point is one to four bytes as it is, and up to twelve as two escapes.
  const std::size_t least = node.is_escaped() ? (node.size + 11) / 12 : (node.size + 3) / 4;
  if (least >= rule.length_min && node.size <= rule.length_max) return true;
  if (node.size < rule.length_min) return false;
  std::size_t count = 0;
  for (const char c : json_.characters(node, scratch_.string)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++count;
  }
  return count >= rule.length_min && count <= rule.length_max;
}

bool Evaluator::string(const StringRule& rule, const JsonNode& node) {
  if ((rule.length_min > 0 || rule.length_max < UINT64_MAX) && !length(rule, node)) return false;
  if (rule.format == Format::kNone && rule.pattern == nullptr) return true;
  const std::string_view characters = json_.characters(node, scratch_.string);
  if (rule.format != Format::kNone && !matches_format(rule.format, characters)) return false;
  return rule.pattern == nullptr || matches(*rule.pattern, characters);
}

bool Evaluator::number(const NumberRule& rule, const JsonNode& node) {
  const std::string_view text = json_.raw(node);
  const bool minimum_is_met = rule.minimum_is_zero && text.front() != '-';
  // What begins with "0." is below one.
  const bool maximum_is_met =
      !rule.maximum || (rule.maximum_is_one_or_more && text.starts_with("0."));
  if (minimum_is_met && maximum_is_met && !rule.divisor) return true;
  const SmallNumber small = read_small_number(text);
  if (rule.minimum && !minimum_is_met) {
    const auto order = compare(small, text, *rule.minimum);
    if (order < 0 || (rule.minimum->exclusive && order == 0)) return false;
  }
  if (!maximum_is_met) {
    const auto order = compare(small, text, *rule.maximum);
    if (order > 0 || (rule.maximum->exclusive && order == 0)) return false;
  }
  if (!rule.divisor) return true;
  return small.is_valid && small.fraction == 0 ? rule.divisor->divides(small.mantissa)
                                               : rule.divisor->divides(Decimal(text));
}

bool Evaluator::value(const ValueRule& rule, std::uint32_t at) {
  const JsonNode& node = json_[at];
  if (node.is(JsonType::kString)) {
    const std::string_view text = json_.characters(node, scratch_.string);
    return rule.strings.size() > 0 && rule.strings.find(text, hash_name(text)) != NameTable::kNone;
  }
  for (const JsonRef& candidate : rule.others) {
    const JsonNode& other = candidate.node();
    if (other.type != node.type) continue;
    if (node.is(JsonType::kNull)) return true;
    if (node.is(JsonType::kBoolean)) {
      if (other.is_true() == node.is_true()) return true;
      continue;
    }
    if (json_equal(json_, at, *candidate.document, candidate.index, scratch_.equality)) return true;
  }
  return false;
}

}  // namespace bb::schema
