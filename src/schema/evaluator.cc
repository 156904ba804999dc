#include "schema/evaluator.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "schema/number_text.h"

namespace bb::schema {
namespace {

// Two frames for each level of a text of the greatest depth fit several times over.
constexpr std::ptrdiff_t kStackBytesMax = 4 << 20;

// Steps are blocks entered. Hardly any schema takes more than a few for each node; past the first
// bound verdicts are remembered, past the second there is none.
constexpr std::uint64_t kStepsBeforeRemembering = 10'000;
constexpr std::uint64_t kStepsBeforeRememberingPerNode = 16;
constexpr std::uint64_t kStepsMax = 10'000'000;
constexpr std::uint64_t kStepsMaxPerNode = 64;

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
  bool remember(const Target& target, std::uint32_t at);
  bool execute(std::uint32_t pc, std::uint32_t at);
  bool string(const StringRule& rule, const JsonNode& node);
  bool length(const StringRule& rule, const JsonNode& node);
  bool number(const NumberRule& rule, const JsonNode& node);
  bool value(const ValueRule& rule, std::uint32_t at);
  template <bool kTracked>
  bool object(const ObjectRule& rule, std::uint32_t at);
  template <bool kTracked>
  bool other_member(const ObjectRule& rule, std::uint32_t name, std::string_view characters,
                    bool declared, std::uint32_t ordinal);
  bool dependents(const ObjectRule& rule, std::uint32_t at, const auto& is_present);
  template <bool kTracked>
  bool array(const ArrayRule& rule, std::uint32_t at);
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
    case Target::Kind::kObject:
      return !node.is(JsonType::kObject) || object<false>(program_.objects[target.at], at);
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
      case Op::kObject:
        accepted = !node.is(JsonType::kObject) ||
                   (instruction.tracked ? object<true>(program_.objects[instruction.a], at)
                                        : object<false>(program_.objects[instruction.a], at));
        break;
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

// Of a member that is not known by its name, or is known, and there are patterns: what patterns and
// additionalProperties say.
template <bool kTracked>
bool Evaluator::other_member(const ObjectRule& rule, std::uint32_t name,
                             std::string_view characters, bool declared, std::uint32_t ordinal) {
  bool matched = declared;
  for (const PatternEntry& entry : rule.patterns) {
    if (!matches(*entry.pattern, characters)) {
      if (fault_ != Verdict::kValid) return false;
      continue;
    }
    matched = true;
    if (!enter(entry.target, name + 1)) return false;
    // The buffer of the name may have been used below.
    if (&entry != &rule.patterns.back()) characters = this->characters(json_[name]);
  }
  if (!matched && rule.additional) {
    if (!enter(*rule.additional, name + 1)) return false;
    matched = true;
  }
  if constexpr (kTracked) {
    if (matched) put_down(ordinal);
  }
  return true;
}

template <bool kTracked>
bool Evaluator::object(const ObjectRule& rule, std::uint32_t at) {
  const JsonNode& object = json_[at];
  if (object.size < rule.properties_min || object.size > rule.properties_max) return false;
  if (!rule.visits_members) return true;

  // Up to 64 names whose presence matters, without a place in memory.
  std::uint64_t present = 0;
  const bool is_large = rule.presence_count > 64;
  const std::size_t present_at = scratch_.record.size();
  if (is_large) scratch_.record.resize(present_at + (rule.presence_count + 63) / 64);

  const bool has_others = !rule.patterns.empty() || rule.additional;
  std::uint32_t ordinal = 0;
  bool accepted = true;
  for (std::uint32_t name = at + 1; name < object.next; name = json_[name].next, ++ordinal) {
    const JsonNode& name_node = json_[name];
    if (rule.property_names && !enter(*rule.property_names, name)) {
      accepted = false;
      break;
    }
    const std::string_view name_text = characters(name_node);
    const std::uint32_t place = rule.names.find(name_text, name_node.hash);
    bool declared = false;
    if (place != NameTable::kNone) {
      const PropertyEntry& entry = rule.properties[place];
      if (entry.presence != NameTable::kNone) {
        if (!is_large) {
          present |= std::uint64_t{1} << entry.presence;
        } else {
          scratch_.record[present_at + entry.presence / 64] |= std::uint64_t{1}
                                                               << (entry.presence % 64);
        }
      }
      declared = entry.is_declared;
      if (declared) {
        if (!enter(entry.target, name + 1)) {
          accepted = false;
          break;
        }
        if constexpr (kTracked) put_down(ordinal);
      }
    }
    if (has_others && (!declared || !rule.patterns.empty())) {
      const std::string_view again = declared ? characters(name_node) : name_text;
      if (!other_member<kTracked>(rule, name, again, declared, ordinal)) {
        accepted = false;
        break;
      }
    }
  }
  const auto is_present = [&](std::uint32_t bit) {
    const std::uint64_t word = is_large ? scratch_.record[present_at + bit / 64] : present;
    return (word >> (bit % 64) & 1) != 0;
  };
  if (accepted) {
    if (is_large) {
      for (std::uint32_t bit = 0; bit < rule.required_count && accepted; ++bit) {
        accepted = is_present(bit);
      }
    } else {
      const std::uint64_t required = rule.required_count == 64
                                         ? ~std::uint64_t{0}
                                         : (std::uint64_t{1} << rule.required_count) - 1;
      accepted = (present & required) == required;
    }
  }
  if (accepted && !rule.dependents.empty()) accepted = dependents(rule, at, is_present);
  if (is_large) scratch_.record.resize(present_at);
  return accepted;
}

bool Evaluator::dependents(const ObjectRule& rule, std::uint32_t at, const auto& is_present) {
  for (const DependentEntry& entry : rule.dependents) {
    if (!is_present(entry.trigger)) continue;
    for (const std::uint32_t bit : entry.required) {
      if (!is_present(bit)) return false;
    }
    if (entry.target && !enter(*entry.target, at)) return false;
  }
  return true;
}

template <bool kTracked>
bool Evaluator::array(const ArrayRule& rule, std::uint32_t at) {
  const JsonNode& array = json_[at];
  if (array.size < rule.items_min || array.size > rule.items_max) return false;
  std::uint32_t element = at + 1;
  std::uint32_t ordinal = 0;
  for (const Target& target : rule.prefix) {
    if (element >= array.next) break;
    if (!enter(target, element)) return false;
    if constexpr (kTracked) put_down(ordinal++);
    element = json_[element].next;
  }
  if (rule.items) {
    const Target target = *rule.items;
    for (; element < array.next; element = json_[element].next) {
      if (!enter(target, element)) return false;
      if constexpr (kTracked) put_down(ordinal++);
    }
  }
  if (rule.contains && !contains(rule, at, kTracked)) return false;
  return !rule.unique || all_unique(json_, at, scratch_.equality);
}

bool Evaluator::contains(const ArrayRule& rule, std::uint32_t at, bool tracked) {
  const std::uint32_t end = json_[at].next;
  const bool needs_all = (tracked && rule.contains_evaluates) || rule.contains_max < UINT64_MAX;
  std::uint64_t count = 0;
  std::uint32_t ordinal = 0;
  for (std::uint32_t element = at + 1; element < end; element = json_[element].next, ++ordinal) {
    if (!needs_all && count >= rule.contains_min) break;
    if (!enter(*rule.contains, element)) {
      if (fault_ != Verdict::kValid) return false;
      continue;
    }
    ++count;
    if (tracked && rule.contains_evaluates) put_down(ordinal);
  }
  return count >= rule.contains_min && count <= rule.contains_max;
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

bool Evaluator::unevaluated(const UnevaluatedRule& rule, std::uint32_t at) {
  const JsonNode& node = json_[at];
  const bool is_object = node.is(JsonType::kObject);
  const std::optional<Target>& target = is_object ? rule.properties : rule.items;
  if (!target || !(is_object || node.is(JsonType::kArray))) return true;
  std::uint32_t ordinal = 0;
  for (std::uint32_t part = at + 1; part < node.next; part = json_[part].next, ++ordinal) {
    if (is_put_down(ordinal)) continue;
    if (!enter(*target, is_object ? part + 1 : part)) return false;
    put_down(ordinal);
  }
  return true;
}

}  // namespace

Verdict evaluate(const Program& program, const JsonView& json, EvaluationScratch& scratch) {
  return Evaluator(program, json, scratch).run();
}

}  // namespace bb::schema
