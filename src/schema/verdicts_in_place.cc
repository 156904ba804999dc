// Verdicts of the schemas that are applied to the same value, and what they have evaluated.
#include <algorithm>

#include "schema/member_lookup.h"
#include "schema/verdicts.h"

namespace bb::schema {

bool Verdicts::decide_in_place(const Subschema& schema, std::uint32_t node, ScopeId scope) {
  const auto fits_here = [&](SchemaIndex index) { return fits(index, node, scope); };
  if (schema.reference != kNoSchema && !fits_here(schema.reference)) return false;
  if (schema.dynamic && !fits_here(resolve(*schema.dynamic, scope))) return false;
  if (!std::all_of(schema.all_of.begin(), schema.all_of.end(), fits_here)) return false;
  if (!schema.any_of.empty() &&
      std::none_of(schema.any_of.begin(), schema.any_of.end(), fits_here)) {
    return false;
  }
  if (!schema.one_of.empty() &&
      std::count_if(schema.one_of.begin(), schema.one_of.end(), fits_here) != 1) {
    return false;
  }
  if (schema.not_schema != kNoSchema && fits_here(schema.not_schema)) return false;
  if (schema.if_schema != kNoSchema) {
    const SchemaIndex chosen =
        fits_here(schema.if_schema) ? schema.then_schema : schema.else_schema;
    if (chosen != kNoSchema && !fits_here(chosen)) return false;
  }
  if (!schema.dependent_schemas.empty() && json_[node].is(JsonType::kObject) &&
      !decide_dependent(schema, node, scope)) {
    return false;
  }
  return !error_;
}

bool Verdicts::decide_dependent(const Subschema& schema, std::uint32_t object, ScopeId scope) {
  MemberLookup members(json_, object);
  return std::all_of(schema.dependent_schemas.begin(), schema.dependent_schemas.end(),
                     [&](const NamedSchema& dependent) {
                       return !members.contains(dependent.name) ||
                              fits(dependent.schema, object, scope);
                     });
}

bool Verdicts::decide_unevaluated(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  const Subschema& schema = model_[index];
  const JsonNode& value = json_[node];
  const bool is_object = value.is(JsonType::kObject);
  const SchemaIndex rest = is_object                    ? schema.unevaluated_properties
                           : value.is(JsonType::kArray) ? schema.unevaluated_items
                                                        : kNoSchema;
  if (rest == kNoSchema) return true;
  const Evaluated evaluated = find_evaluated(index, node, scope);
  std::uint32_t ordinal = 0;
  for (auto at = node + 1; at < value.next; at = json_[at].next, ++ordinal) {
    if (evaluated.contains(ordinal)) continue;
    if (!fits(rest, is_object ? at + 1 : at, scope)) return false;
  }
  return !error_;
}

Evaluated Verdicts::find_evaluated(SchemaIndex index, std::uint32_t node, ScopeId scope) {
  Marking marking{.node = node};
  marking.found.ordinals.resize(json_[node].size);
  mark_here(index, scope, marking);
  return std::move(marking.found);
}

// With the scope outside of the schema. The schema fits, or what applies it does not.
void Verdicts::mark(SchemaIndex index, ScopeId scope, Marking& marking) {
  const Subschema& schema = model_[index];
  if (schema.literal || marking.found.all || !step()) return;
  const ScopeId within = enter(scope, schema);
  if (!marking.visited.emplace(index, within).second) return;
  const bool is_object = json_[marking.node].is(JsonType::kObject);
  // What nothing else has evaluated, these have.
  if ((is_object ? schema.unevaluated_properties : schema.unevaluated_items) != kNoSchema) {
    marking.found.all = true;
    return;
  }
  mark_here(index, within, marking);
}

void Verdicts::mark_here(SchemaIndex index, ScopeId scope, Marking& marking) {
  const Subschema& schema = model_[index];
  const JsonNode& value = json_[marking.node];
  std::uint32_t ordinal = 0;
  if (value.is(JsonType::kObject)) {
    if (schema.additional_properties != kNoSchema) marking.found.all = true;
    if (marking.found.all) return;
    if (!schema.properties.empty() || !schema.pattern_properties.empty()) {
      std::string buffer;
      for (auto at = marking.node + 1; at < value.next; at = json_[at].next, ++ordinal) {
        if (!is_additional(index, json_.characters(json_[at], buffer))) {
          marking.found.ordinals[ordinal] = true;
        }
      }
    }
  } else {
    if (schema.items != kNoSchema) marking.found.all = true;
    if (marking.found.all) return;
    const std::size_t prefix = std::min<std::size_t>(schema.prefix_items.size(), value.size);
    for (std::size_t i = 0; i < prefix; ++i) marking.found.ordinals[i] = true;
    if (schema.contains != kNoSchema && schema.contains_evaluates) {
      for (auto at = marking.node + 1; at < value.next; at = json_[at].next, ++ordinal) {
        if (fits(schema.contains, at, scope)) marking.found.ordinals[ordinal] = true;
      }
    }
  }
  mark_in_place(schema, scope, marking);
}

void Verdicts::mark_in_place(const Subschema& schema, ScopeId scope, Marking& marking) {
  const std::uint32_t node = marking.node;
  if (schema.reference != kNoSchema) mark(schema.reference, scope, marking);
  if (schema.dynamic) mark(resolve(*schema.dynamic, scope), scope, marking);
  for (const SchemaIndex part : schema.all_of) mark(part, scope, marking);
  mark_alternatives(schema.any_of, scope, marking);
  mark_alternatives(schema.one_of, scope, marking);
  if (schema.if_schema != kNoSchema) {
    const bool holds = fits(schema.if_schema, node, scope);
    if (holds) mark(schema.if_schema, scope, marking);
    const SchemaIndex chosen = holds ? schema.then_schema : schema.else_schema;
    if (chosen != kNoSchema) mark(chosen, scope, marking);
  }
  if (!schema.dependent_schemas.empty() && json_[node].is(JsonType::kObject)) {
    MemberLookup members(json_, node);
    for (const NamedSchema& dependent : schema.dependent_schemas) {
      if (members.contains(dependent.name)) mark(dependent.schema, scope, marking);
    }
  }
}

void Verdicts::mark_alternatives(const std::vector<SchemaIndex>& alternatives, ScopeId scope,
                                 Marking& marking) {
  bool any = false;
  for (const SchemaIndex alternative : alternatives) {
    if (!fits(alternative, marking.node, scope)) continue;
    any = true;
    mark(alternative, scope, marking);
  }
  if (any) return;
  // Only where the whole does not fit: see find_evaluated().
  for (const SchemaIndex alternative : alternatives) mark(alternative, scope, marking);
}

}  // namespace bb::schema
