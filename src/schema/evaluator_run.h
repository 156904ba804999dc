// One run of a program over one text; see evaluate().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/evaluator.h"

namespace bb::schema {

// Two frames for each level of a text of the greatest depth fit several times over.
inline constexpr std::ptrdiff_t kStackBytesMax = 4 << 20;

// Steps are blocks entered. Hardly any schema takes more than a few for each node; past the first
// bound verdicts are remembered, past the second there is none.
inline constexpr std::uint64_t kStepsBeforeRemembering = 10'000;
inline constexpr std::uint64_t kStepsBeforeRememberingPerNode = 16;
inline constexpr std::uint64_t kStepsMax = 10'000'000;
inline constexpr std::uint64_t kStepsMaxPerNode = 64;

class Evaluator {
 public:
  Evaluator(const Program& program, const JsonView& json, EvaluationScratch& scratch)
      : program_(program),
        json_(json),
        scratch_(scratch),
        stack_top_(static_cast<const char*>(__builtin_frame_address(0))),
        steps_bound_(kStepsBeforeRemembering + kStepsBeforeRememberingPerNode * json.node_count) {}

  Verdict run() {
    scratch_.record.clear();
    scratch_.scope.clear();
    if (!scratch_.remembered.empty()) scratch_.remembered = {};
    if (program_.uses_dynamic_scope) scratch_.scope.push_back(program_.root_resource);
    const bool accepted = enter(program_.root, 0);
    if (fault_ != Verdict::kValid) return fault_;
    return accepted ? Verdict::kValid : Verdict::kInvalid;
  }

 private:
  // What was evaluated of the members or elements of the value at hand: bits in scratch_.record.
  // Records that are nested follow each other; `record_` is the innermost one that is open for the
  // value at hand.
  struct Record {
    std::size_t first_word = 0;
    std::size_t words = 0;
  };

  [[gnu::always_inline]] bool enter(const Target& target, std::uint32_t at) {
    if ((target.types >> static_cast<unsigned>(json_[at].type) & 1) == 0) return false;
    return target.kind == Target::Kind::kNothing || apply(target, at);
  }

  bool apply(const Target& target, std::uint32_t at);
  [[gnu::noinline]] bool remember(const Target& target, std::uint32_t at);
  [[gnu::noinline]] bool execute(std::uint32_t pc, std::uint32_t at);
  // Not inlined, so that apply() is a jump and no more.
  [[gnu::noinline]] bool string(const StringRule& rule, const JsonNode& node);
  bool length(const StringRule& rule, const JsonNode& node);
  [[gnu::noinline]] bool number(const NumberRule& rule, const JsonNode& node);
  [[gnu::noinline]] bool value(const ValueRule& rule, std::uint32_t at);
  [[gnu::noinline]] bool plain_object(const ObjectRule& rule, std::uint32_t at);
  template <bool kTracked>
  [[gnu::noinline]] bool object(const ObjectRule& rule, std::uint32_t at);
  template <bool kTracked>
  bool other_member(const ObjectRule& rule, std::uint32_t name, std::string_view characters,
                    bool declared, std::uint32_t ordinal);
  bool dependents(const ObjectRule& rule, std::uint32_t at, const auto& is_present);
  template <bool kTracked>
  [[gnu::noinline]] bool array(const ArrayRule& rule, std::uint32_t at);
  bool contains(const ArrayRule& rule, std::uint32_t at, bool tracked);
  std::uint64_t candidates(const BranchRule& rule, std::uint32_t at);
  bool any_of(const BranchRule& rule, std::uint32_t at, bool tracked);
  bool one_of(const BranchRule& rule, std::uint32_t at, bool tracked);
  bool condition(const ConditionRule& rule, std::uint32_t at, bool tracked);
  bool dynamic(const DynamicRule& rule, std::uint32_t at);
  bool track(const Target& inside, std::uint32_t at, bool tracked);
  bool unevaluated(const UnevaluatedRule& rule, std::uint32_t at);
  bool matches(const Pattern& pattern, std::string_view characters);

  // Runs a branch that may fail without consequence: what it evaluated is then forgotten.
  bool attempt(const Target& target, std::uint32_t at, bool tracked);

  bool refuse_for(Verdict fault) {
    fault_ = fault;
    return false;
  }
  void put_down(std::uint32_t ordinal) {
    scratch_.record[record_.first_word + ordinal / 64] |= std::uint64_t{1} << (ordinal % 64);
  }
  bool is_put_down(std::uint32_t ordinal) const {
    return (scratch_.record[record_.first_word + ordinal / 64] >> (ordinal % 64) & 1) != 0;
  }
  std::string_view characters(const JsonNode& name) {
    return json_.characters(name, scratch_.name);
  }

  const Program& program_;
  const JsonView json_;
  EvaluationScratch& scratch_;
  const char* const stack_top_;
  const std::uint64_t steps_bound_;
  std::uint64_t steps_ = 0;
  Record record_;
  Verdict fault_ = Verdict::kValid;
};

}  // namespace bb::schema
