#include "schema/known_names.h"

#include <set>

namespace bb::schema {
namespace {

constexpr std::size_t kNamesMax = 1000;
constexpr std::size_t kSchemasMax = 1000;

}  // namespace

std::vector<std::string_view> collect_known_names(const SchemaModel& model, SchemaIndex schema) {
  std::vector<std::string_view> names;
  std::set<SchemaIndex> seen{schema};
  std::vector<SchemaIndex> left{schema};
  while (!left.empty()) {
    const Subschema& at = model[left.back()];
    left.pop_back();
    const auto add = [&](SchemaIndex part) {
      if (part != kNoSchema && seen.size() < kSchemasMax && seen.insert(part).second) {
        left.push_back(part);
      }
    };
    for (const NamedSchema& property : at.properties) {
      if (names.size() == kNamesMax) return names;
      names.push_back(property.name);
    }
    add(at.reference);
    for (const auto* parts : {&at.all_of, &at.any_of, &at.one_of}) {
      for (const SchemaIndex part : *parts) add(part);
    }
    for (const SchemaIndex part : {at.if_schema, at.then_schema, at.else_schema}) add(part);
    for (const NamedSchema& dependent : at.dependent_schemas) add(dependent.schema);
  }
  return names;
}

}  // namespace bb::schema
