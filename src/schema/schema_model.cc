#include "schema/schema_model.h"

#include "schema/uri.h"

namespace bb::schema {

SchemaIndex Resource::find_dynamic_anchor(std::string_view name) const {
  for (const auto& [anchor, schema] : dynamic_anchors) {
    if (anchor == name) return schema;
  }
  return kNoSchema;
}

std::string SchemaModel::absolute_location(const Subschema& schema) const {
  return resources[schema.resource].uri + "#" + encode_fragment(schema.pointer);
}

bool applies_others(const Subschema& schema) {
  const auto is_set = [](SchemaIndex index) { return index != kNoSchema; };
  return is_set(schema.reference) || schema.dynamic || !schema.all_of.empty() ||
         !schema.any_of.empty() || !schema.one_of.empty() || is_set(schema.not_schema) ||
         is_set(schema.if_schema) || !schema.dependent_schemas.empty() ||
         !schema.properties.empty() || !schema.pattern_properties.empty() ||
         is_set(schema.additional_properties) || is_set(schema.property_names) ||
         is_set(schema.unevaluated_properties) || !schema.prefix_items.empty() ||
         is_set(schema.items) || is_set(schema.contains) || is_set(schema.unevaluated_items);
}

}  // namespace bb::schema
