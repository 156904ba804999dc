// A schema, read: what its keywords say, references resolved to the subschemas they name. The
// middle of three steps: documents (SchemaSet) → this → the flat program (Program) that decides,
// and, for a text that is refused, the explanation (explain()), which walks this.
//
// Immutable once built; names, strings and numbers borrow from the documents that SchemaModel owns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/schema.h"
#include "schema/decimal.h"
#include "schema/format.h"
#include "schema/json_document.h"
#include "schema/pattern.h"

namespace bb::schema {

using SchemaIndex = std::uint32_t;    // into SchemaModel::schemas
using ResourceIndex = std::uint32_t;  // into SchemaModel::resources
inline constexpr SchemaIndex kNoSchema = 0xFFFFFFFF;

// A JSON value in a schema document, for `const` and `enum` and for what messages quote.
struct JsonRef {
  const JsonView* document = nullptr;
  std::uint32_t index = 0;

  const JsonNode& node() const { return (*document)[index]; }
  std::string_view source() const { return document->source(index); }
};

// A schema resource (2020-12 core §4.3.5): what an `$id` names.
struct Resource {
  std::string uri;  // absolute, without fragment
  SchemaDraft draft = SchemaDraft::k2020_12;
  // $dynamicAnchor names and where they are. 2019-09's `$recursiveAnchor: true` is the name "".
  std::vector<std::pair<std::string, SchemaIndex>> dynamic_anchors;

  // kNoSchema if it has none of that name.
  SchemaIndex find_dynamic_anchor(std::string_view name) const;
};

struct NamedSchema {
  std::string name;
  SchemaIndex schema;
};

struct PatternSchema {
  std::string source;     // the regular expression
  std::uint32_t pattern;  // into SchemaModel::patterns
  SchemaIndex schema;
};

// A bound on a number, as it is written in the document.
struct NumberBound {
  std::string_view text;
  Decimal value() const { return Decimal(text); }
};

// A reference that looks through the dynamic scope (2020-12 core §8.2.3.2; 2019-09 §8.2.4.2): the
// outermost resource in scope that has `anchor` among its dynamic anchors wins, else `fallback`.
struct DynamicReference {
  std::string anchor;
  SchemaIndex fallback = kNoSchema;
  // False if what the reference names at first is not a dynamic anchor: it is always `fallback`
  // then.
  bool is_dynamic = true;
};

struct Subschema {
  // Where it is. The keyword `k` of this schema is at `absolute location` + "/" + k.
  ResourceIndex resource = 0;
  std::string pointer;  // from the root of its resource: "/properties/a"

  std::optional<bool> literal;  // `true` or `false`: no keywords then

  // References. Their keyword is "$ref"; `dynamic` has "$dynamicRef" or "$recursiveRef".
  SchemaIndex reference = kNoSchema;
  std::optional<DynamicReference> dynamic;
  std::string_view dynamic_keyword = "$dynamicRef";

  // In place.
  std::vector<SchemaIndex> all_of;
  std::vector<SchemaIndex> any_of;
  std::vector<SchemaIndex> one_of;
  SchemaIndex not_schema = kNoSchema;
  SchemaIndex if_schema = kNoSchema;  // alone too: what it evaluates counts
  SchemaIndex then_schema = kNoSchema;
  SchemaIndex else_schema = kNoSchema;
  std::vector<NamedSchema> dependent_schemas;

  // Any value.
  TypeMask types = kAnyType;  // `type` as a set: number includes integer
  bool has_type = false;
  std::optional<JsonRef> constant;
  std::vector<JsonRef> enumeration;
  bool has_enumeration = false;

  // Objects.
  std::vector<NamedSchema> properties;
  std::vector<PatternSchema> pattern_properties;
  SchemaIndex additional_properties = kNoSchema;
  SchemaIndex property_names = kNoSchema;
  SchemaIndex unevaluated_properties = kNoSchema;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  // "dependencies" (draft 7, and later ones for compatibility) or the two keywords that replaced
  // it.
  std::string_view dependent_required_keyword = "dependentRequired";
  std::string_view dependent_schemas_keyword = "dependentSchemas";
  std::optional<std::uint64_t> properties_min;
  std::optional<std::uint64_t> properties_max;

  // Arrays. Called `prefixItems` and `items` as in 2020-12; the keywords of older drafts differ.
  std::vector<SchemaIndex> prefix_items;
  SchemaIndex items = kNoSchema;  // of the elements after the prefix
  std::string_view prefix_items_keyword = "prefixItems";
  std::string_view items_keyword = "items";
  SchemaIndex contains = kNoSchema;
  std::uint64_t contains_min = 1;
  std::optional<std::uint64_t> contains_max;
  bool contains_evaluates = true;  // counts for unevaluatedItems: 2020-12 alone
  SchemaIndex unevaluated_items = kNoSchema;
  std::optional<std::uint64_t> items_min;
  std::optional<std::uint64_t> items_max;
  bool unique_items = false;

  // Strings; lengths in code points.
  std::optional<std::uint64_t> length_min;
  std::optional<std::uint64_t> length_max;
  std::optional<std::uint32_t> pattern;  // into SchemaModel::patterns
  Format format = Format::kNone;         // only if it asserts

  // Numbers.
  std::optional<NumberBound> minimum;
  std::optional<NumberBound> maximum;
  std::optional<NumberBound> exclusive_minimum;
  std::optional<NumberBound> exclusive_maximum;
  std::optional<NumberBound> multiple_of;
  std::optional<Divisor> divisor;  // of multiple_of

  // Annotations that messages may use.
  std::string title;
  std::string description;
};

// Whether the schema applies others, to its value or to parts of it.
bool applies_others(const Subschema& schema);

struct SchemaModel {
  SchemaModel() = default;
  SchemaModel(SchemaModel&&) = default;
  SchemaModel& operator=(SchemaModel&&) = default;

  std::vector<std::shared_ptr<const JsonDocument>> documents;  // what everything below borrows from
  std::vector<Resource> resources;
  std::vector<Subschema> schemas;
  std::vector<Pattern> patterns;
  SchemaIndex root = 0;
  bool uses_dynamic_scope = false;  // some `dynamic` is there

  const Subschema& operator[](SchemaIndex index) const { return schemas[index]; }
  // "https://33god.dev/schemas/common.json#/$defs/confidence", a URI: the pointer in it is
  // percent-encoded (RFC 6901 §6).
  std::string absolute_location(const Subschema& schema) const;
};

}  // namespace bb::schema
