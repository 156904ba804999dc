// Keywords of objects and arrays.
#include <cstddef>

#include "schema/evaluator_run.h"

namespace bb::schema {

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

bool Evaluator::plain_object(const ObjectRule& rule, std::uint32_t at) {
  const JsonNode& object = json_[at];
  if (object.size < rule.properties_min || object.size > rule.properties_max) return false;
  if (!rule.visits_members) return true;
  const PropertyEntry* const entries = rule.properties.data();
  const std::uint32_t end = object.next;
  std::uint64_t present = 0;
  for (std::uint32_t name = at + 1; name < end; name = json_[name].next) {
    const JsonNode& node = json_[name];
    const std::string_view text = node.is_escaped() ? characters(node) : json_.raw(node);
    const std::uint32_t place = rule.names.find(text, node.hash);
    if (place == NameTable::kNone) {
      if (rule.is_closed) return false;
      continue;
    }
    const PropertyEntry& entry = entries[place];
    present |= entry.presence_mask;
    if (!enter(entry.target, name + 1)) return false;
  }
  if ((present & rule.required_mask) != rule.required_mask) return false;
  if (rule.dependents.empty()) return true;
  return dependents(rule, at, [present](std::uint32_t bit) { return (present >> bit & 1) != 0; });
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

template bool Evaluator::object<false>(const ObjectRule& rule, std::uint32_t at);
template bool Evaluator::object<true>(const ObjectRule& rule, std::uint32_t at);
template bool Evaluator::array<false>(const ArrayRule& rule, std::uint32_t at);
template bool Evaluator::array<true>(const ArrayRule& rule, std::uint32_t at);

}  // namespace bb::schema
