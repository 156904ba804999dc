#include "filter/evaluator.h"

#include <fmt/format.h>

#include <cstddef>
#include <limits>

#include "base/assert.h"
#include "base/try.h"
#include "base/utf8.h"
#include "filter/operators.h"
#include "schema/json_pointer.h"

namespace bb::filter {
namespace {

using schema::JsonType;
using schema::JsonView;
using schema::Pattern;

// In FilterScratch::places, beside the indexes of nodes.
constexpr std::uint32_t kNotLookedUp = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kMissing = kNotLookedUp - 1;

class Evaluation {
 public:
  Evaluation(const Program& program, const JsonView& event, FilterScratch& scratch)
      : program_(program), event_(event), scratch_(scratch) {
    scratch_.places.assign(program_.paths.size(), kNotLookedUp);
  }

  Result<bool> run();

 private:
  Result<bool> test(const Condition& condition);
  Result<bool> matches(Value text, const Pattern& pattern);
  Value value_of(Operand operand);
  std::uint32_t look_up(const Path& path);

  const Program& program_;
  const JsonView& event_;
  FilterScratch& scratch_;
};

Result<bool> Evaluation::run() {
  bool verdict = false;
  const auto& instructions = program_.instructions;
  for (std::size_t at = 0; at < instructions.size();) {
    const auto [code, argument] = instructions[at++];
    switch (code) {
      case Instruction::Code::kTest: {
        BB_TRY_ASSIGN(verdict, test(program_.conditions[argument]));
        break;
      }
      case Instruction::Code::kNegate:
        verdict = !verdict;
        break;
      case Instruction::Code::kSkipIfTrue:
        if (verdict) at = argument;
        break;
      case Instruction::Code::kSkipIfFalse:
        if (!verdict) at = argument;
        break;
    }
  }
  return verdict;
}

Result<bool> Evaluation::test(const Condition& condition) {
  const Value left = value_of(condition.left);
  if (condition.op == Operator::kMatches) {
    return matches(left, program_.patterns[condition.right.index]);
  }
  const Value right = value_of(condition.right);
  switch (condition.op) {
    case Operator::kIsTrue:
      return is_true(left);
    case Operator::kExists:
      return !left.is_missing();
    case Operator::kEqual:
      return equals(left, right, scratch_);
    case Operator::kLess:
      return is_less(left, right, scratch_);
    case Operator::kLessOrEqual:
      return is_less_or_equal(left, right, scratch_);
    case Operator::kContains:
      return contains(left, right, scratch_);
    case Operator::kStartsWith:
      return starts_with(left, right, scratch_);
    case Operator::kEndsWith:
      return ends_with(left, right, scratch_);
    case Operator::kMatches:
      break;
  }
  BB_ASSERT(false);
  return false;
}

Result<bool> Evaluation::matches(Value text, const Pattern& pattern) {
  if (!text.is(JsonType::kString)) return false;
  const std::string_view characters = text.json->characters(text.node(), scratch_.left);
  switch (pattern.search(characters, scratch_.patterns)) {
    case Pattern::Outcome::kNoMatch:
      return false;
    case Pattern::Outcome::kMatch:
      return true;
    case Pattern::Outcome::kTooExpensive:
      break;
  }
  return fail(ErrorCode::kFailure,
              fmt::format("the filter's regular expression '{}' takes too long on this event; one "
                          "without look-around and back-references cannot",
                          printable(pattern.source(), 80)));
}

Value Evaluation::value_of(Operand operand) {
  switch (operand.kind) {
    case Operand::Kind::kPath: {
      std::uint32_t& place = scratch_.places[operand.index];
      if (place == kNotLookedUp) place = look_up(program_.paths[operand.index]);
      if (place == kMissing) return {};
      return {.json = &event_, .index = place};
    }
    case Operand::Kind::kLiteral:
      return {.json = &program_.literals->view(), .index = operand.index};
    case Operand::Kind::kNone:
    case Operand::Kind::kPattern:
      break;
  }
  return {};
}

std::uint32_t Evaluation::look_up(const Path& path) {
  std::uint32_t place = 0;
  for (const std::string& token : path) {
    const auto child = find_child(event_, place, token, scratch_.left);
    if (!child) return kMissing;
    place = *child;
  }
  return place;
}

}  // namespace

Result<bool> evaluate(const Program& program, const JsonView& event, FilterScratch& scratch) {
  return Evaluation(program, event, scratch).run();
}

}  // namespace bb::filter
