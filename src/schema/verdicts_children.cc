// Verdicts of objects and arrays.
#include <algorithm>

#include "schema/member_lookup.h"
#include "schema/verdicts.h"

namespace bb::schema {

bool Verdicts::has_required(const Subschema& schema, std::uint32_t object) const {
  if (schema.required.empty() && schema.dependent_required.empty()) return true;
  MemberLookup members(json_, object);
  const auto is_there = [&](const std::string& name) { return members.contains(name); };
  return std::all_of(schema.required.begin(), schema.required.end(), is_there) &&
         std::all_of(schema.dependent_required.begin(), schema.dependent_required.end(),
                     [&](const auto& dependent) {
                       const auto& [trigger, names] = dependent;
                       return !is_there(trigger) ||
                              std::all_of(names.begin(), names.end(), is_there);
                     });
}

bool Verdicts::decide_object(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  const Subschema& schema = model_[index];
  const std::uint32_t size = json_[node].size;
  if (schema.properties_min && size < *schema.properties_min) return false;
  if (schema.properties_max && size > *schema.properties_max) return false;
  if (!has_required(schema, node)) return false;
  return decide_members(index, node, scope);
}

bool Verdicts::decide_members(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  const Subschema& schema = model_[index];
  if (schema.properties.empty() && schema.pattern_properties.empty() &&
      schema.additional_properties == kNoSchema && schema.property_names == kNoSchema) {
    return true;
  }
  std::string buffer;  // its own: the schemas of the members use theirs
  for (auto at = node + 1; at < json_[node].next; at = json_[at].next) {
    const std::string_view name = json_.characters(json_[at], buffer);
    bool known = false;
    if (const auto property = find_property(index, name); property != kNoSchema) {
      known = true;
      if (!fits(property, at + 1, scope)) return false;
    }
    for (const PatternSchema& candidate : schema.pattern_properties) {
      if (!matches(candidate.pattern, name)) continue;
      known = true;
      if (!fits(candidate.schema, at + 1, scope)) return false;
    }
    if (!known && schema.additional_properties != kNoSchema &&
        !fits(schema.additional_properties, at + 1, scope)) {
      return false;
    }
    if (schema.property_names != kNoSchema && !fits(schema.property_names, at, scope)) return false;
    if (error_) return false;
  }
  return true;
}

bool Verdicts::decide_array(const Subschema& schema, std::uint32_t node, ScopeId scope) {
  const JsonNode& array = json_[node];
  if (schema.items_min && array.size < *schema.items_min) return false;
  if (schema.items_max && array.size > *schema.items_max) return false;
  if (!schema.prefix_items.empty() || schema.items != kNoSchema) {
    std::size_t ordinal = 0;
    for (auto at = node + 1; at < array.next; at = json_[at].next, ++ordinal) {
      const SchemaIndex item =
          ordinal < schema.prefix_items.size() ? schema.prefix_items[ordinal] : schema.items;
      if (item == kNoSchema) break;
      if (!fits(item, at, scope)) return false;
    }
  }
  if (schema.unique_items && !all_unique(json_, node, equality_scratch_)) return false;
  if (schema.contains == kNoSchema) return true;
  const std::uint64_t contained = count_contained(schema, node, scope);
  return contained >= schema.contains_min &&
         (!schema.contains_max || contained <= *schema.contains_max);
}

}  // namespace bb::schema
