#include "schema/nearest_alternative.h"

#include "schema/json_equal.h"
#include "schema/member_lookup.h"
#include "schema/scalar_keywords.h"

namespace bb::schema {
namespace {

// References and `allOf`s that are followed from one alternative.
constexpr unsigned kHopsMax = 8;
// Beyond as many members or elements more faults make no difference.
constexpr std::size_t kFaultsMax = 1000;

}  // namespace

Distance DistanceMeter::measure(SchemaIndex schema, std::uint32_t node, ScopeId scope) {
  Distance sum;
  add(schema, node, scope, 0, sum);
  return sum;
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

void DistanceMeter::add(SchemaIndex index, std::uint32_t node, ScopeId scope, unsigned hops,
                        Distance& sum) {
  const Subschema& schema = model_[index];
  const JsonNode& value = json_[node];
  if (schema.literal) {
    if (!*schema.literal) sum.wrong_type = true;
    return;
  }
  if ((schema.types & mask_of(value.type)) == 0) {
    sum.wrong_type = true;
    ++sum.faults;
  }
  EqualityScratch scratch;
  if (!fits_constant(schema, json_, node, scratch) ||
      !fits_enumeration(schema, json_, node, scratch)) {
    ++sum.wrong_tags;
    ++sum.faults;
  }
  const ScopeId within = verdicts_.enter(scope, schema);
  if (value.is(JsonType::kObject)) add_object(index, node, within, sum);
  if (value.is(JsonType::kArray)) add_array(schema, node, within, sum);
  const auto add_part = [&](SchemaIndex part) {
    if (part == kNoSchema || verdicts_.fits(part, node, within)) return;
    if (hops < kHopsMax) {
      add(part, node, within, hops + 1, sum);
    } else {
      ++sum.faults;
    }
  };
  add_part(schema.reference);
  if (schema.dynamic) add_part(verdicts_.resolve(*schema.dynamic, within));
  for (const SchemaIndex part : schema.all_of) add_part(part);
  // Whatever else it is that does not fit.
  if (sum.faults == 0) sum.faults = 1;
}

void DistanceMeter::add_object(SchemaIndex index, std::uint32_t node, ScopeId scope,
                               Distance& sum) {
  const Subschema& schema = model_[index];
  MemberLookup members(json_, node);
  for (const std::string& name : schema.required) {
    if (!members.contains(name)) ++sum.faults;
  }
  std::string buffer;
  for (auto at = node + 1; at < json_[node].next; at = json_[at].next) {
    if (sum.faults >= kFaultsMax || verdicts_.error()) return;
    const std::string_view name = json_.characters(json_[at], buffer);
    const SchemaIndex property = verdicts_.find_property(index, name);
    if (property != kNoSchema) {
      if (verdicts_.fits(property, at + 1, scope)) continue;
      ++sum.faults;
      if (is_tag(property)) ++sum.wrong_tags;
    } else if (schema.additional_properties != kNoSchema && verdicts_.is_additional(index, name) &&
               !verdicts_.fits(schema.additional_properties, at + 1, scope)) {
      ++sum.faults;
    }
  }
}

void DistanceMeter::add_array(const Subschema& schema, std::uint32_t node, ScopeId scope,
                              Distance& sum) {
  std::size_t ordinal = 0;
  for (auto at = node + 1; at < json_[node].next; at = json_[at].next, ++ordinal) {
    if (sum.faults >= kFaultsMax || verdicts_.error()) return;
    const SchemaIndex item =
        ordinal < schema.prefix_items.size() ? schema.prefix_items[ordinal] : schema.items;
    if (item == kNoSchema) return;
    if (!verdicts_.fits(item, at, scope)) ++sum.faults;
  }
}

}  // namespace bb::schema
