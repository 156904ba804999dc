// Whether values fit schemas, asked one (schema, value) pair at a time: what an explanation needs
// to find its way. Each answer is kept, so that schemas that refer to themselves from several
// alternatives stay polynomial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "schema/dynamic_scope.h"
#include "schema/json_document.h"
#include "schema/json_equal.h"
#include "schema/pattern.h"
#include "schema/schema_model.h"

namespace bb::schema {

// The members or elements of a value that keywords have evaluated (2020-12 core §11), by ordinal.
struct Evaluated {
  bool all = false;
  std::vector<bool> ordinals{};

  bool contains(std::uint32_t ordinal) const { return all || ordinals[ordinal]; }
};

class Verdicts {
 public:
  // Both outlive this.
  Verdicts(const SchemaModel& model, const JsonView& json);

  // Whether the value fits, `scope` being the one the schema is applied in. False also when no
  // answer can be given: see error().
  bool fits(SchemaIndex schema, std::uint32_t node, ScopeId scope);

  // Set once a schema loops, or it all takes too many steps. No answer means anything from then on.
  const std::optional<Error>& error() const { return error_; }

  // Whether an answer since the last call of this depended on a pattern that is too expensive: "no"
  // means "not known" then, and what was counted or marked may be too little.
  bool take_doubt() { return std::exchange(in_doubt_, false); }
  // Set once there has been such a pattern: which one.
  const std::optional<Error>& pattern_error() const { return pattern_error_; }

  // Bytes of stack between the maker of this and the caller.
  std::size_t stack_used() const;

  // The scope within a schema that is applied in `scope`.
  ScopeId enter(ScopeId scope, const Subschema& schema) {
    return scopes_.enter(scope, schema.resource);
  }
  // What the schema's $dynamicRef or $recursiveRef refers to; `scope` is the one within it.
  SchemaIndex resolve(const DynamicReference& reference, ScopeId scope) const {
    return scopes_.resolve(scope, reference);
  }

  // What follows is about an object or an array and a schema with `scope` within it.

  // The value of `properties` for that name, or kNoSchema.
  SchemaIndex find_property(SchemaIndex schema, std::string_view name);
  bool matches(std::uint32_t pattern, std::string_view text);
  // Whether neither `properties` nor `patternProperties` know the name.
  bool is_additional(SchemaIndex schema, std::string_view name);
  std::uint64_t count_contained(const Subschema& schema, std::uint32_t array, ScopeId scope);
  // What all keywords but unevaluatedProperties and unevaluatedItems have evaluated. Of a schema
  // that does not fit, also what it would have: where no alternative fits, every one counts.
  Evaluated find_evaluated(SchemaIndex schema, std::uint32_t node, ScopeId scope);

 private:
  struct Key {
    SchemaIndex schema;
    std::uint32_t node;
    ScopeId scope;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  enum class Answer : std::uint8_t { kPending, kNo, kYes, kUnknown };

  // Counts a step; false once there is an error.
  bool step();
  void fail_with(std::string message);
  void fail_at(std::string_view reason, const Subschema& schema);

  // These call each other for every level: what needs room on the stack stands apart.
  Answer answer_once(SchemaIndex index, std::uint32_t node, ScopeId scope);
  Answer answer_anew(SchemaIndex index, std::uint32_t node, ScopeId scope);
  bool decide(SchemaIndex index, std::uint32_t node, ScopeId scope);
  bool decide_string(const Subschema& schema, const JsonNode& node);
  bool has_required(const Subschema& schema, std::uint32_t object) const;
  bool decide_object(SchemaIndex index, std::uint32_t node, ScopeId scope);
  bool decide_members(SchemaIndex index, std::uint32_t node, ScopeId scope);
  bool decide_array(const Subschema& schema, std::uint32_t node, ScopeId scope);
  bool decide_in_place(const Subschema& schema, std::uint32_t node, ScopeId scope);
  bool decide_dependent(const Subschema& schema, std::uint32_t object, ScopeId scope);
  bool decide_unevaluated(SchemaIndex index, std::uint32_t node, ScopeId scope);

  // Adds to `found` what the schema evaluates, in place or through schemas in place.
  struct Marking {
    std::uint32_t node;
    Evaluated found{};
    std::set<std::pair<SchemaIndex, ScopeId>> visited{};
  };
  void mark(SchemaIndex index, ScopeId scope, Marking& marking);
  void mark_here(SchemaIndex index, ScopeId scope, Marking& marking);
  void mark_in_place(const Subschema& schema, ScopeId scope, Marking& marking);
  void mark_alternatives(const std::vector<SchemaIndex>& alternatives, ScopeId scope,
                         Marking& marking);

  const SchemaModel& model_;
  const JsonView& json_;
  DynamicScopes scopes_;
  std::unordered_map<Key, Answer, KeyHash> answers_;
  // Of schemas with many properties.
  std::unordered_map<SchemaIndex, std::unordered_map<std::string_view, SchemaIndex>> properties_;
  std::optional<Error> error_;
  std::optional<Error> pattern_error_;
  bool in_doubt_ = false;
  // Patterns and hashes of texts that were too much for them.
  std::set<std::pair<std::uint32_t, std::uint64_t>> given_up_;
  std::uint64_t steps_left_;
  const char* stack_base_;
  PatternScratch pattern_scratch_;
  EqualityScratch equality_scratch_;
  std::string string_buffer_;
};

}  // namespace bb::schema
