#include "cli/schema_properties.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "schema/compiled_schema.h"

namespace bb::cli {
namespace {

using schema::JsonType;
using schema::kNoSchema;
using schema::SchemaIndex;
using schema::SchemaModel;
using schema::Subschema;

// An enumeration with more is shortened.
constexpr std::size_t kChoicesShownMax = 8;

// The schemas that hold together: `index`, and what it takes over, each once, itself first.
std::vector<SchemaIndex> conjuncts(const SchemaModel& model, std::vector<SchemaIndex> pending) {
  std::reverse(pending.begin(), pending.end());
  std::vector<SchemaIndex> found;
  std::set<SchemaIndex> seen;
  while (!pending.empty()) {
    const SchemaIndex index = pending.back();
    pending.pop_back();
    if (index == kNoSchema || !seen.insert(index).second) continue;
    found.push_back(index);
    const Subschema& subschema = model[index];
    pending.insert(pending.end(), subschema.all_of.rbegin(), subschema.all_of.rend());
    if (subschema.dynamic) pending.push_back(subschema.dynamic->fallback);
    pending.push_back(subschema.reference);
  }
  return found;
}

std::string types_text(schema::TypeMask types) {
  const auto has = [types](JsonType type) { return (types & schema::mask_of(type)) != 0; };
  std::vector<std::string_view> names;
  for (const JsonType type :
       {JsonType::kString, JsonType::kNumber, JsonType::kInteger, JsonType::kBoolean,
        JsonType::kObject, JsonType::kArray, JsonType::kNull}) {
    // A number may be an integer anyway.
    if (type == JsonType::kInteger && has(JsonType::kNumber)) continue;
    if (has(type)) names.push_back(to_string(type));
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

std::string choices_text(const std::vector<schema::JsonRef>& choices) {
  std::vector<std::string_view> shown;
  for (const schema::JsonRef& choice : choices) {
    if (shown.size() == kChoicesShownMax) {
      shown.push_back("...");
      break;
    }
    shown.push_back(choice.source());
  }
  return fmt::format("{}", fmt::join(shown, " | "));
}

std::string type_of(const SchemaModel& model, const std::vector<SchemaIndex>& schemas, bool outer) {
  schema::TypeMask types = schema::kAnyType;
  std::vector<SchemaIndex> items;
  for (const SchemaIndex index : schemas) {
    const Subschema& subschema = model[index];
    if (subschema.constant) return std::string(subschema.constant->source());
    if (subschema.has_enumeration) return choices_text(subschema.enumeration);
    types = static_cast<schema::TypeMask>(types & subschema.types);
    if (subschema.items != kNoSchema) items.push_back(subschema.items);
  }
  if (types == schema::kAnyType) return "any";
  std::string text = types_text(types);
  const bool has_items = (types & schema::mask_of(JsonType::kArray)) != 0 && !items.empty();
  if (outer && has_items) {
    const std::string item = type_of(model, conjuncts(model, items), false);
    const std::size_t at = text.find("array");
    if (item != "any") text.insert(at + 5, fmt::format(" of {}", item));
  }
  return text;
}

}  // namespace

std::vector<SchemaProperty> list_properties(const CompiledSchema& schema) {
  const SchemaModel& model = schema.impl().model;
  const std::vector<SchemaIndex> whole = conjuncts(model, {model.root});
  struct Found {
    std::string name;
    std::vector<SchemaIndex> schemas;
  };
  std::vector<Found> found;
  std::set<std::string, std::less<>> required;
  for (const SchemaIndex index : whole) {
    required.insert(model[index].required.begin(), model[index].required.end());
    for (const schema::NamedSchema& property : model[index].properties) {
      const auto known = std::find_if(found.begin(), found.end(), [&](const Found& each) {
        return each.name == property.name;
      });
      if (known == found.end()) {
        found.push_back({property.name, {property.schema}});
      } else {
        known->schemas.push_back(property.schema);
      }
    }
  }
  for (const std::string& name : required) {
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&](const Found& each) { return each.name == name; });
    if (!known) found.push_back({name, {}});
  }
  std::vector<SchemaProperty> properties;
  for (const Found& each : found) {
    const std::vector<SchemaIndex> schemas = conjuncts(model, each.schemas);
    SchemaProperty property{.name = each.name,
                            .type = type_of(model, schemas, true),
                            .required = required.contains(each.name),
                            .description = {}};
    for (const SchemaIndex index : schemas) {
      if (property.description.empty()) property.description = model[index].description;
    }
    properties.push_back(std::move(property));
  }
  std::stable_partition(properties.begin(), properties.end(),
                        [](const SchemaProperty& property) { return property.required; });
  return properties;
}

}  // namespace bb::cli
