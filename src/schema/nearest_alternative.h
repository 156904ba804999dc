// Which alternative of `anyOf` or `oneOf` a value was most likely meant to be.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/json_document.h"
#include "schema/schema_model.h"
#include "schema/verdicts.h"

namespace bb::schema {

// How far a value is from fitting a schema; less is nearer.
struct Distance {
  bool wrong_type = false;
  std::size_t wrong_tags = 0;  // properties that tell alternatives apart: of `const` or `enum`
  std::size_t faults = 0;      // at this value and right below

  friend auto operator<=>(const Distance&, const Distance&) = default;
};

// Looks through references and `allOf`, and no further than one level into the value.
class DistanceMeter {
 public:
  // Both outlive this.
  DistanceMeter(const SchemaModel& model, const JsonView& json, Verdicts& verdicts)
      : model_(model), json_(json), verdicts_(verdicts) {}

  // For the schema applied in `scope`, which does not fit.
  Distance measure(SchemaIndex schema, std::uint32_t node, ScopeId scope);

  // The types that the schema accepts.
  TypeMask accepted_types(SchemaIndex schema) const;
  // The values that the schema accepts, where it lists them; empty otherwise.
  std::vector<JsonRef> accepted_values(SchemaIndex schema) const;

 private:
  void add(SchemaIndex schema, std::uint32_t node, ScopeId scope, unsigned hops, Distance& sum);
  void add_object(SchemaIndex schema, std::uint32_t node, ScopeId scope, Distance& sum);
  void add_array(const Subschema& schema, std::uint32_t node, ScopeId scope, Distance& sum);
  bool is_tag(SchemaIndex schema) const;

  const SchemaModel& model_;
  const JsonView& json_;
  Verdicts& verdicts_;
};

}  // namespace bb::schema
