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

// How far a value is from fitting a schema; less is nearer. What comes first counts most.
struct Distance {
  bool wrong_type = false;
  std::size_t wrong_tags = 0;   // properties that tell alternatives apart: of `const` or `enum`
  bool is_strange = false;      // names are required, and none of them is there
  std::size_t wrong_names = 0;  // that are required and missing, or there and refused
  std::size_t shallowness = 0;  // less, the deeper in the value its topmost fault lies
  std::size_t faults = 0;       // at this value and right below

  friend auto operator<=>(const Distance&, const Distance&) = default;

  // Counts a fault at the value itself.
  void add_fault();
  // Counts one member or element that does not fit, and is as far as `member` from it.
  void add_member(const Distance& member);
  // Both apply to the same value.
  void add_part(const Distance& part);
};

// Looks through references, `allOf`s and alternatives, and a few levels into the value.
class DistanceMeter {
 public:
  // Both outlive this.
  DistanceMeter(const SchemaModel& model, const JsonView& json, Verdicts& verdicts)
      : model_(model), json_(json), verdicts_(verdicts) {}

  // For the schema applied in `scope`, which does not fit. Asks at most `looks_max` questions about
  // what is not right below the value.
  Distance measure(SchemaIndex schema, std::uint32_t node, ScopeId scope, std::size_t looks_max);

  // The types that the schema accepts.
  TypeMask accepted_types(SchemaIndex schema) const;
  // The values that the schema accepts, where it lists them; empty otherwise.
  std::vector<JsonRef> accepted_values(SchemaIndex schema) const;

 private:
  // Where a schema is applied, and how much further to look.
  struct Place {
    std::uint32_t node;
    ScopeId scope;  // outside of the schema; for the parts of one, within it
    unsigned hops_left;
    unsigned levels_left;
  };
  // False once there have been as many questions as are allowed.
  bool may_look();
  Distance distance(SchemaIndex schema, const Place& place);
  void add_part(SchemaIndex part, const Place& place, Distance& sum);
  void add_alternatives(const std::vector<SchemaIndex>& alternatives, const Place& place,
                        Distance& sum);
  void add_names(const Subschema& schema, std::uint32_t object, Distance& sum);
  void add_members(SchemaIndex schema, const Place& place, Distance& sum);
  void add_elements(const Subschema& schema, const Place& place, Distance& sum);
  // Whether the member or element fits; where it does not, `result` says how far it is from it.
  bool fits_member(SchemaIndex schema, std::uint32_t node, const Place& parent, Distance& result);
  bool is_tag(SchemaIndex schema) const;

  const SchemaModel& model_;
  const JsonView& json_;
  Verdicts& verdicts_;
  std::size_t looks_left_ = 0;
};

}  // namespace bb::schema
