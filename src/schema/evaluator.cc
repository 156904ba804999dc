#include "schema/evaluator.h"

#include <algorithm>

#include "schema/evaluator_run.h"

namespace bb::schema {

bool Evaluator::apply(const Target& target, std::uint32_t at) {
  const JsonNode& node = json_[at];
  switch (target.kind) {
    case Target::Kind::kNothing:
      return true;
    case Target::Kind::kBlock:
      if (++steps_ <= steps_bound_) [[likely]]
        return execute(target.at, at);
      return remember(target, at);
    case Target::Kind::kString:
      return !node.is(JsonType::kString) || string(program_.strings[target.at], node);
    case Target::Kind::kNumber:
      return !(node.is(JsonType::kInteger) || node.is(JsonType::kNumber)) ||
             number(program_.numbers[target.at], node);
    case Target::Kind::kValue:
      return value(program_.values[target.at], at);
    case Target::Kind::kObject: {
      if (!node.is(JsonType::kObject)) return true;
      const ObjectRule& rule = program_.objects[target.at];
      return rule.is_plain ? plain_object(rule, at) : object<false>(rule, at);
    }
    case Target::Kind::kArray:
      return !node.is(JsonType::kArray) || array<false>(program_.arrays[target.at], at);
  }
  return true;
}

// Many steps have been taken.
bool Evaluator::remember(const Target& target, std::uint32_t at) {
  if (steps_ > kStepsMax + kStepsMaxPerNode * json_.node_count) {
    return refuse_for(Verdict::kTooComplex);
  }
  if (!target.is_repeatable) return execute(target.at, at);
  const std::uint64_t key = static_cast<std::uint64_t>(target.at) << 32 | at;
  if (const auto known = scratch_.remembered.find(key); known != scratch_.remembered.end()) {
    return known->second;
  }
  const bool accepted = execute(target.at, at);
  if (fault_ == Verdict::kValid) scratch_.remembered.emplace(key, accepted);
  return accepted;
}

bool Evaluator::execute(std::uint32_t pc, std::uint32_t at) {
  if (stack_top_ - static_cast<const char*>(__builtin_frame_address(0)) > kStackBytesMax)
      [[unlikely]] {
    return refuse_for(Verdict::kEndless);
  }
  const JsonNode& node = json_[at];
  for (const Instruction* next = &program_.code[pc];; ++next) {
    const Instruction& instruction = *next;
    bool accepted = true;
    switch (instruction.op) {
      case Op::kEnd:
        return true;
      case Op::kCall:
        accepted = enter(instruction.target, at);
        break;
      case Op::kFail:
        return false;
      case Op::kString:
        accepted = !node.is(JsonType::kString) || string(program_.strings[instruction.a], node);
        break;
      case Op::kNumber:
        accepted = !(node.is(JsonType::kInteger) || node.is(JsonType::kNumber)) ||
                   number(program_.numbers[instruction.a], node);
        break;
      case Op::kValue:
        accepted = value(program_.values[instruction.a], at);
        break;
      case Op::kObject: {
        if (!node.is(JsonType::kObject)) break;
        const ObjectRule& rule = program_.objects[instruction.a];
        accepted = instruction.tracked ? object<true>(rule, at)
                   : rule.is_plain     ? plain_object(rule, at)
                                       : object<false>(rule, at);
        break;
      }
      case Op::kArray:
        accepted = !node.is(JsonType::kArray) ||
                   (instruction.tracked ? array<true>(program_.arrays[instruction.a], at)
                                        : array<false>(program_.arrays[instruction.a], at));
        break;
      case Op::kAnyOf:
        accepted = any_of(program_.branches[instruction.a], at, instruction.tracked);
        break;
      case Op::kOneOf:
        accepted = one_of(program_.branches[instruction.a], at, instruction.tracked);
        break;
      case Op::kNot:
        accepted = !enter(instruction.target, at) && fault_ == Verdict::kValid;
        break;
      case Op::kIf:
        accepted = condition(program_.conditions[instruction.a], at, instruction.tracked);
        break;
      case Op::kDynamic:
        accepted = dynamic(program_.dynamics[instruction.a], at);
        break;
      case Op::kScope:
        scratch_.scope.push_back(instruction.a);
        accepted = enter(instruction.target, at);
        scratch_.scope.pop_back();
        break;
      case Op::kTrack:
        accepted = track(instruction.target, at, instruction.tracked);
        break;
      case Op::kUnevaluated:
        accepted = unevaluated(program_.unevaluated[instruction.a], at);
        break;
    }
    if (!accepted) return false;
  }
}

// Bits of the branches that are worth trying.
std::uint64_t Evaluator::candidates(const BranchRule& rule, std::uint32_t at) {
  if (!rule.discriminator || !json_[at].is(JsonType::kObject)) return ~std::uint64_t{0};
  const Discriminator& discriminator = *rule.discriminator;
  const std::uint32_t end = json_[at].next;
  for (std::uint32_t name = at + 1; name < end; name = json_[name].next) {
    if (json_[name].hash != discriminator.hash || characters(json_[name]) != discriminator.name) {
      continue;
    }
    const JsonNode& value = json_[name + 1];
    if (!value.is(JsonType::kString)) return discriminator.other_branches;
    const std::string_view text = json_.characters(value, scratch_.string);
    const std::uint32_t place = discriminator.values.find(text, hash_name(text));
    if (place == NameTable::kNone) return discriminator.other_branches;
    return discriminator.other_branches | discriminator.branches_of_value[place];
  }
  return discriminator.other_branches;
}

bool Evaluator::attempt(const Target& target, std::uint32_t at, bool tracked) {
  if (!tracked) return enter(target, at);
  auto& record = scratch_.record;
  const std::size_t copy = record.size();
  record.resize(copy + record_.words);
  std::copy_n(record.data() + record_.first_word, record_.words, record.data() + copy);
  const bool accepted = enter(target, at);
  if (!accepted) {
    std::copy_n(record.data() + copy, record_.words, record.data() + record_.first_word);
  }
  record.resize(copy);
  return accepted;
}

bool Evaluator::any_of(const BranchRule& rule, std::uint32_t at, bool tracked) {
  const std::uint64_t worth = candidates(rule, at);
  bool any = false;
  for (std::size_t branch = 0; branch < rule.branches.size(); ++branch) {
    if (branch < 64 && (worth >> branch & 1) == 0) continue;
    if (attempt(rule.branches[branch], at, tracked)) {
      // What the others evaluate counts as well.
      if (!tracked) return true;
      any = true;
    }
    if (fault_ != Verdict::kValid) return false;
  }
  return any;
}

bool Evaluator::one_of(const BranchRule& rule, std::uint32_t at, bool tracked) {
  const std::uint64_t worth = candidates(rule, at);
  bool one = false;
  for (std::size_t branch = 0; branch < rule.branches.size(); ++branch) {
    if (branch < 64 && (worth >> branch & 1) == 0) continue;
    if (attempt(rule.branches[branch], at, tracked)) {
      if (one) return false;
      one = true;
    }
    if (fault_ != Verdict::kValid) return false;
  }
  return one;
}

bool Evaluator::condition(const ConditionRule& rule, std::uint32_t at, bool tracked) {
  const bool holds = attempt(rule.condition, at, tracked);
  if (fault_ != Verdict::kValid) return false;
  const std::optional<Target>& next = holds ? rule.then_target : rule.else_target;
  return !next || enter(*next, at);
}

bool Evaluator::dynamic(const DynamicRule& rule, std::uint32_t at) {
  for (const ResourceIndex resource : scratch_.scope) {
    if (const auto& target = rule.by_resource[resource]) return enter(*target, at);
  }
  return enter(rule.fallback, at);
}

bool Evaluator::track(const Target& inside, std::uint32_t at, bool tracked) {
  auto& record = scratch_.record;
  const Record outer = record_;
  const JsonNode& node = json_[at];
  const bool has_parts = node.is(JsonType::kObject) || node.is(JsonType::kArray);
  record_ = {.first_word = record.size(), .words = has_parts ? (node.size + 63U) / 64 : 0};
  record.resize(record_.first_word + record_.words);
  const bool accepted = enter(inside, at);
  if (accepted && tracked) {
    for (std::size_t word = 0; word < record_.words; ++word) {
      record[outer.first_word + word] |= record[record_.first_word + word];
    }
  }
  record.resize(record_.first_word);
  record_ = outer;
  return accepted;
}

Verdict evaluate(const Program& program, const JsonView& json, EvaluationScratch& scratch) {
  return Evaluator(program, json, scratch).run();
}

}  // namespace bb::schema
