// From the model to the program; see generate().
#pragma once

#include <cstdint>
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
  // How a subschema's block is made. Tracked ones put down what they evaluate; kRecord is the
  // inside of a schema with `unevaluated…`, which has a record of its own.
  enum class Variant : std::uint8_t { kPlain, kTracked, kRecord };

  // The way into a subschema from one of resource `from`. A block's number takes the place of its
  // pc until all are there.
  Target target(SchemaIndex schema, bool tracked, ResourceIndex from);
  std::uint32_t block(SchemaIndex schema, Variant variant);
  std::uint32_t scope_block(ResourceIndex resource, Target inner);
  void emit(SchemaIndex schema, Variant variant);
  void resolve(Target& target) const;
  void resolve_all();

  void emit_values(const Subschema& schema);
  void emit_strings(const Subschema& schema);
  void emit_numbers(const Subschema& schema);
  void emit_object(const Subschema& schema, bool tracked);
  void emit_array(const Subschema& schema, bool tracked);
  void emit_in_place(const Subschema& schema, bool tracked);
  void emit_references(const Subschema& schema, bool tracked);
  void emit_call(SchemaIndex schema, bool tracked, ResourceIndex from);
  void emit_branches(Op op, const std::vector<SchemaIndex>& schemas, bool tracked,
                     ResourceIndex from);
  std::optional<Discriminator> discriminator(const std::vector<SchemaIndex>& schemas) const;
  void add(Op op, std::size_t rule, bool tracked = false);

  const SchemaModel& model_;
  Program program_;
  std::unordered_map<std::uint64_t, std::uint32_t> blocks_;  // numbers, by schema and variant
  std::unordered_map<std::uint64_t, std::uint32_t> scope_blocks_;
  struct Pending {
    SchemaIndex schema;
    Variant variant;
    bool is_scope = false;
    ResourceIndex resource = 0;
    Target inner{};
  };
  std::vector<Pending> pending_;      // by block number
  std::vector<std::uint32_t> pc_of_;  // by block number
};

// The strings that every value `schema` accepts has one of, under a name; nothing if it says
// nothing of that name. `schema` is looked through plain references.
struct NameChoice {
  std::string name;
  std::vector<std::string> strings;
};
// All such names that are plain to see: required, with a `const` or `enum` of strings.
std::vector<NameChoice> name_choices(const SchemaModel& model, SchemaIndex schema);

// The subschema that a chain of plain `$ref`s, with nothing beside them, ends at.
SchemaIndex follow_plain_references(const SchemaModel& model, SchemaIndex schema);

}  // namespace bb::schema
