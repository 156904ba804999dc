// From the model to the program; see generate().
//
// Schemas that apply to the same value without condition (a schema, what its `$ref` names, the
// parts of its `allOf`) become one block, and their objects' keywords one rule, so that the members
// of an event are visited once however its schema is composed. That is what a block is made of a
// set of schemas for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/program.h"

namespace bb::schema {

class CodeGenerator {
 public:
  explicit CodeGenerator(const SchemaModel& model) : model_(model) {}

  Program run();

 private:
  using SchemaSetKey = std::vector<SchemaIndex>;  // sorted, each once

  // How a block is made. Tracked ones put down what they evaluate; kRecord is the inside of a
  // schema with `unevaluated…`, which has a record of its own. Those are of one schema each, and so
  // is every block where the dynamic scope matters.
  enum class Variant : std::uint8_t { kPlain, kTracked, kRecord };

  // The way into a subschema from one of resource `from`. A block's number takes the place of where
  // it begins until all are there.
  Target target(SchemaIndex schema, bool tracked, ResourceIndex from);
  Target target_of_all(const std::vector<SchemaIndex>& schemas);
  std::uint32_t block(SchemaSetKey schemas, Variant variant, SchemaSetKey merged = {});
  std::uint32_t scope_block(ResourceIndex resource, Target inner);
  // The schemas that apply wherever all of `schemas` do, themselves included.
  SchemaSetKey flatten(const std::vector<SchemaIndex>& schemas) const;
  // Those of a flattened set that have something to say themselves.
  SchemaSetKey reduce(const SchemaSetKey& all) const;
  bool may_merge() const;

  struct Pending {
    SchemaSetKey schemas;
    Variant variant;
    // The set that `schemas` is what is left of: what those refer to and is in it is not called.
    SchemaSetKey merged;
    bool is_scope = false;
    ResourceIndex resource = 0;
    Target inner{};
  };

  void emit(const Pending& pending);
  void emit_objects(const SchemaSetKey& schemas, bool tracked);
  void emit_values(const Subschema& schema);
  void emit_strings(const Subschema& schema);
  void emit_numbers(const Subschema& schema);
  void emit_object(const std::vector<const Subschema*>& schemas, bool tracked);
  void emit_array(const Subschema& schema, bool tracked);
  void emit_references(const Subschema& schema, const SchemaSetKey& beside, bool tracked);
  void emit_in_place(const Subschema& schema, const SchemaSetKey& beside, bool tracked);
  void emit_unevaluated(const Subschema& schema);
  void emit_call(SchemaIndex schema, bool tracked, ResourceIndex from);
  void emit_branches(Op op, const std::vector<SchemaIndex>& schemas, bool tracked,
                     ResourceIndex from);
  std::optional<Discriminator> discriminator(const std::vector<SchemaIndex>& schemas) const;
  void add(Op op, std::size_t rule, bool tracked = false);

  void resolve(Target& target) const;
  void resolve_all();

  const SchemaModel& model_;
  Program program_;
  std::map<std::pair<SchemaSetKey, Variant>, std::uint32_t> blocks_;  // numbers
  std::unordered_map<std::uint32_t, std::uint32_t> scope_blocks_;
  std::vector<Pending> pending_;      // by block number
  std::vector<std::uint32_t> pc_of_;  // by block number
};

// The strings that every object `schema` accepts has one of, under a name.
struct NameChoice {
  std::string name;
  std::vector<std::string> strings;
};
// All such names that are plain to see: required, with a `const` or `enum` of strings.
std::vector<NameChoice> name_choices(const SchemaModel& model, SchemaIndex schema);

// The subschema that a chain of plain `$ref`s, with nothing beside them, ends at.
SchemaIndex follow_plain_references(const SchemaModel& model, SchemaIndex schema);

}  // namespace bb::schema
