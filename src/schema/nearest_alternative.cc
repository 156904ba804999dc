#include "schema/nearest_alternative.h"

#include <algorithm>
#include <optional>

#include "schema/json_equal.h"
#include "schema/member_lookup.h"
#include "schema/scalar_keywords.h"

namespace bb::schema {
namespace {

// References, `allOf`s and alternatives that are followed from one schema to the next.
constexpr unsigned kHopsMax = 8;
// Faults that lie deeper are all the same.
constexpr unsigned kLevelsMax = 8;
// Beyond as many members or elements more faults make no difference.
constexpr std::size_t kFaultsMax = 1000;

}  // namespace

void Distance::add_fault() {
  ++faults;
  shallowness = kLevelsMax;
}

void Distance::add_member(const Distance& member) {
  ++faults;
  shallowness =
      std::max(shallowness, member.shallowness - std::min(member.shallowness, std::size_t{1}));
}

void Distance::add_part(const Distance& part) {
  wrong_type = wrong_type || part.wrong_type;
  wrong_tags += part.wrong_tags;
  is_strange = is_strange || part.is_strange;
  wrong_names += part.wrong_names;
  shallowness = std::max(shallowness, part.shallowness);
  faults += part.faults;
}

Distance DistanceMeter::measure(SchemaIndex schema, std::uint32_t node, ScopeId scope,
                                std::size_t looks_max) {
  looks_left_ = looks_max;
  return distance(schema, Place{node, scope, kHopsMax, kLevelsMax});
}

bool DistanceMeter::may_look() {
  if (looks_left_ == 0 || verdicts_.error()) return false;
  --looks_left_;
  return true;
}

TypeMask DistanceMeter::accepted_types(SchemaIndex index) const {
  TypeMask types = kAnyType;
  for (unsigned hops = 0; index != kNoSchema && hops <= kHopsMax; ++hops) {
    types = static_cast<TypeMask>(types & model_[index].types);
    index = model_[index].reference;
  }
  return types;
}

std::vector<JsonRef> DistanceMeter::accepted_values(SchemaIndex index) const {
  for (unsigned hops = 0; index != kNoSchema && hops <= kHopsMax; ++hops) {
    const Subschema& schema = model_[index];
    if (schema.constant) return {*schema.constant};
    if (schema.has_enumeration) return schema.enumeration;
    index = schema.reference;
  }
  return {};
}

bool DistanceMeter::is_tag(SchemaIndex schema) const {
  return !accepted_values(schema).empty();
}

Distance DistanceMeter::distance(SchemaIndex index, const Place& place) {
  const Subschema& schema = model_[index];
  const JsonNode& value = json_[place.node];
  Distance sum;
  if ((schema.types & mask_of(value.type)) == 0 || !schema.literal.value_or(true)) {
    sum.wrong_type = true;
    sum.add_fault();
  }
  if (schema.literal) return sum;
  EqualityScratch scratch;
  if (!fits_constant(schema, json_, place.node, scratch) ||
      !fits_enumeration(schema, json_, place.node, scratch)) {
    ++sum.wrong_tags;
    sum.add_fault();
  }
  Place within = place;
  within.scope = verdicts_.enter(place.scope, schema);
  if (value.is(JsonType::kObject)) {
    add_names(schema, place.node, sum);
    add_members(index, within, sum);
  }
  if (value.is(JsonType::kArray)) add_elements(schema, within, sum);
  add_part(schema.reference, within, sum);
  if (schema.dynamic) add_part(verdicts_.resolve(*schema.dynamic, within.scope), within, sum);
  for (const SchemaIndex part : schema.all_of) add_part(part, within, sum);
  add_alternatives(schema.any_of, within, sum);
  add_alternatives(schema.one_of, within, sum);
  // Whatever else it is that does not fit.
  if (sum.faults == 0) sum.add_fault();
  return sum;
}

void DistanceMeter::add_part(SchemaIndex part, const Place& place, Distance& sum) {
  if (part == kNoSchema || verdicts_.fits(part, place.node, place.scope)) return;
  if (place.hops_left == 0 || !may_look()) {
    sum.add_fault();
    return;
  }
  Place next = place;
  --next.hops_left;
  sum.add_part(distance(part, next));
}

void DistanceMeter::add_alternatives(const std::vector<SchemaIndex>& alternatives,
                                     const Place& place, Distance& sum) {
  const auto fits = [&](SchemaIndex index) {
    return verdicts_.fits(index, place.node, place.scope);
  };
  if (alternatives.empty() || std::ranges::any_of(alternatives, fits)) return;
  std::optional<Distance> least;
  for (const SchemaIndex alternative : alternatives) {
    Distance one;
    add_part(alternative, place, one);
    if (!least || one < *least) least = one;
  }
  sum.add_part(*least);
}

void DistanceMeter::add_names(const Subschema& schema, std::uint32_t object, Distance& sum) {
  MemberLookup members(json_, object);
  std::size_t missing = 0;
  for (const std::string& name : schema.required) {
    if (members.contains(name)) continue;
    ++missing;
    sum.add_fault();
  }
  sum.wrong_names += missing;
  if (missing > 0 && missing == schema.required.size()) sum.is_strange = true;
}

void DistanceMeter::add_members(SchemaIndex index, const Place& place, Distance& sum) {
  const Subschema& schema = model_[index];
  std::string buffer;
  for (auto at = place.node + 1; at < json_[place.node].next; at = json_[at].next) {
    if (sum.faults >= kFaultsMax || verdicts_.error()) return;
    if (place.levels_left < kLevelsMax && !may_look()) return;
    const std::string_view name = json_.characters(json_[at], buffer);
    const SchemaIndex property = verdicts_.find_property(index, name);
    const SchemaIndex rest = schema.additional_properties;
    Distance member;
    if (property != kNoSchema) {
      if (fits_member(property, at + 1, place, member)) continue;
      sum.add_member(member);
      if (is_tag(property)) ++sum.wrong_tags;
    } else if (rest != kNoSchema && verdicts_.is_additional(index, name)) {
      if (fits_member(rest, at + 1, place, member)) continue;
      if (model_[rest].literal) {
        ++sum.wrong_names;
        sum.add_fault();
      } else {
        sum.add_member(member);
      }
    }
  }
}

void DistanceMeter::add_elements(const Subschema& schema, const Place& place, Distance& sum) {
  std::size_t ordinal = 0;
  for (auto at = place.node + 1; at < json_[place.node].next; at = json_[at].next, ++ordinal) {
    if (sum.faults >= kFaultsMax || verdicts_.error()) return;
    if (place.levels_left < kLevelsMax && !may_look()) return;
    const SchemaIndex item =
        ordinal < schema.prefix_items.size() ? schema.prefix_items[ordinal] : schema.items;
    if (item == kNoSchema) return;
    Distance element;
    if (!fits_member(item, at, place, element)) sum.add_member(element);
  }
}

bool DistanceMeter::fits_member(SchemaIndex schema, std::uint32_t node, const Place& parent,
                                Distance& result) {
  if (verdicts_.fits(schema, node, parent.scope)) return true;
  if (parent.levels_left == 0 || !may_look()) {
    result.add_fault();
  } else {
    result = distance(schema, Place{node, parent.scope, kHopsMax, parent.levels_left - 1});
  }
  return false;
}

}  // namespace bb::schema
