// A schema as a flat program: instructions in a row, tables beside them. What Evaluator runs.
//
// A block is the instructions of one subschema, ended by kEnd; it accepts a value if none of them
// refuses. The check of the value's type is not among them: it is in the Target through which the
// block is entered, so that for most properties of most events a mask is all there is to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/name_table.h"
#include "schema/schema_model.h"

namespace bb::schema {

// A way into a block: the types it is for, and where it begins. A block of one instruction is not
// entered; the target says what it does.
struct Target {
  enum class Kind : std::uint8_t {
    kNothing,  // the types are all there is to check
    kBlock,    // `at` is where the block begins
    kString,   // `at` is the place of the rule, here and below
    kNumber,
    kValue,
    kObject,
    kArray,
  };
  std::uint32_t at = 0;
  TypeMask types = kAnyType;
  Kind kind = Kind::kNothing;
  // Of a block: what it says of a value is always the same and all that matters, so that it may be
  // remembered.
  bool is_repeatable = false;
};

enum class Op : std::uint8_t {
  kEnd,          // accept
  kCall,         // target: must accept
  kFail,         // refuse
  kString,       // a: into strings
  kNumber,       // a: into numbers
  kValue,        // a: into values: const, enum
  kObject,       // a: into objects
  kArray,        // a: into arrays
  kAnyOf,        // a: into branches
  kOneOf,        // a: into branches
  kNot,          // target: must refuse
  kIf,           // a: into conditions
  kDynamic,      // a: into dynamics
  kScope,        // a: resource, which is in the dynamic scope while the target runs
  kTrack,        // target: runs with a record of which members or elements were evaluated
  kUnevaluated,  // a: into unevaluated: what the record has not is for these
};

struct Instruction {
  Op op = Op::kEnd;
  // The block runs within a record: what it evaluates is put down there.
  bool tracked = false;
  Target target;
  std::uint32_t a = 0;
};

struct StringRule {
  std::uint64_t length_min = 0;  // code points
  std::uint64_t length_max = UINT64_MAX;
  const Pattern* pattern = nullptr;
  Format format = Format::kNone;
};

// A bound as mantissa / 10^fraction where it fits; every bound as its Decimal.
struct NumberLimit {
  std::optional<Decimal> exact;
  std::int64_t mantissa = 0;
  std::uint8_t fraction = 0;
  bool is_small = false;  // mantissa and fraction say it all
  bool exclusive = false;
};

struct NumberRule {
  // The tighter one, where a plain and an exclusive bound are both there.
  std::optional<NumberLimit> minimum;
  std::optional<NumberLimit> maximum;
  bool minimum_is_zero = false;  // and not exclusive: the sign decides
  bool maximum_is_one_or_more = false;
  std::optional<Divisor> divisor;
};

// `const` (a list of one) and `enum`.
struct ValueRule {
  NameTable strings;
  std::vector<JsonRef> others;
};

struct PropertyEntry {
  Target target;
  bool is_declared = false;                   // in `properties`; else known for `required` alone
  std::uint32_t presence = NameTable::kNone;  // the bit that says it was seen
  std::uint64_t presence_mask = 0;            // that bit, in a plain rule; 0 if there is none
};

struct PatternEntry {
  const Pattern* pattern;
  Target target;
};

struct DependentEntry {
  std::uint32_t trigger;  // presence bits
  std::vector<std::uint32_t> required;
  std::optional<Target> target;
};

struct ObjectRule {
  std::uint64_t properties_min = 0;
  std::uint64_t properties_max = UINT64_MAX;
  bool visits_members = false;
  // Names and nothing else decide: no patterns, no schema for other members unless it is `false`,
  // at most 64 bits of presence. Most objects are checked by such a rule.
  bool is_plain = false;
  bool is_closed = false;           // of a plain rule: other members are refused
  std::uint64_t required_mask = 0;  // of a plain rule
  NameTable names;
  std::vector<PropertyEntry> properties;
  std::vector<PatternEntry> patterns;
  std::optional<Target> additional;
  std::optional<Target> property_names;
  std::uint32_t presence_count = 0;  // the first `required_count` of them must all be set
  std::uint32_t required_count = 0;
  std::vector<DependentEntry> dependents;
};

struct ArrayRule {
  std::uint64_t items_min = 0;
  std::uint64_t items_max = UINT64_MAX;
  std::vector<Target> prefix;
  std::optional<Target> items;
  std::optional<Target> contains;
  std::uint64_t contains_min = 1;
  std::uint64_t contains_max = UINT64_MAX;
  bool contains_evaluates = false;
  bool unique = false;
};

// If every value that a branch accepts has, under the same name, one of a few strings, then the
// string in the value at hand says which branches are worth trying.
struct Discriminator {
  std::string name;
  std::uint16_t hash;
  NameTable values;
  std::vector<std::uint64_t> branches_of_value;  // bits, by the place in `values`
  std::uint64_t other_branches = 0;              // those that say nothing of the name
};

struct BranchRule {
  std::vector<Target> branches;
  std::optional<Discriminator> discriminator;  // only for up to 64 branches
};

struct ConditionRule {
  Target condition;
  std::optional<Target> then_target;
  std::optional<Target> else_target;
};

struct DynamicRule {
  // By resource: where the anchor is, if that resource has it.
  std::vector<std::optional<Target>> by_resource;
  Target fallback;
};

struct UnevaluatedRule {
  std::optional<Target> properties;
  std::optional<Target> items;
};

struct Program {
  std::vector<Instruction> code;
  std::vector<StringRule> strings;
  std::vector<NumberRule> numbers;
  std::vector<ValueRule> values;
  std::vector<ObjectRule> objects;
  std::vector<ArrayRule> arrays;
  std::vector<BranchRule> branches;
  std::vector<ConditionRule> conditions;
  std::vector<DynamicRule> dynamics;
  std::vector<UnevaluatedRule> unevaluated;
  Target root;
  ResourceIndex root_resource = 0;
  bool uses_dynamic_scope = false;
};

// Translates the model, which must outlive the program and not be moved in memory while it does:
// patterns and values are referred to.
Program generate(const SchemaModel& model);

}  // namespace bb::schema
