// What a document means by its keywords: its draft, and the vocabularies that its meta-schema puts
// in force (2020-12 core §8.1.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bloodbank/schema.h"

namespace bb::schema {

struct Dialect {
  SchemaDraft draft = SchemaDraft::k2020_12;
  // Of a meta-schema of one's own that leaves some out. Drafts without vocabularies have all.
  bool applicator = true;
  bool unevaluated = true;
  bool validation = true;
  bool format_assertion = false;  // `format` asserts whatever the options say

  friend bool operator==(const Dialect&, const Dialect&) = default;
};

// The dialect of a standard meta-schema, told by its URI (an empty fragment is as none); nothing
// for other URIs.
std::optional<Dialect> standard_dialect(std::string_view uri);

// The URI of a draft's meta-schema, without fragment.
std::string_view meta_schema_uri(SchemaDraft draft);

// What a URI in `$vocabulary` stands for.
enum class Vocabulary : std::uint8_t {
  kUnknown,
  kCore,
  kApplicator,
  kUnevaluated,
  kValidation,
  kFormatAssertion,
  kAnnotation,  // meta-data, format-annotation, content: nothing to check
};
Vocabulary vocabulary_from_uri(std::string_view uri);

// Every subschema and operand that a keyword may have, for those that read documents.
enum class Keyword : std::uint8_t {
  kUnknown,
  // Core.
  kSchema,
  kId,
  kAnchor,
  kDynamicAnchor,
  kRecursiveAnchor,
  kRef,
  kDynamicRef,
  kRecursiveRef,
  kDefs,
  kDefinitions,
  kVocabulary,
  // Applicator.
  kAllOf,
  kAnyOf,
  kOneOf,
  kNot,
  kIf,
  kThen,
  kElse,
  kDependentSchemas,
  kDependencies,
  kProperties,
  kPatternProperties,
  kAdditionalProperties,
  kPropertyNames,
  kPrefixItems,
  kItems,
  kAdditionalItems,
  kContains,
  // Unevaluated.
  kUnevaluatedProperties,
  kUnevaluatedItems,
  // Validation.
  kType,
  kConst,
  kEnum,
  kRequired,
  kDependentRequired,
  kMinProperties,
  kMaxProperties,
  kMinItems,
  kMaxItems,
  kUniqueItems,
  kMinContains,
  kMaxContains,
  kMinLength,
  kMaxLength,
  kPattern,
  kMinimum,
  kMaximum,
  kExclusiveMinimum,
  kExclusiveMaximum,
  kMultipleOf,
  // Annotation.
  kFormat,
  kTitle,
  kDescription,
};

// The keyword of that name in `dialect`; kUnknown if it has none, or has it in a vocabulary that is
// not in force.
Keyword find_keyword(std::string_view name, const Dialect& dialect);

// Where a keyword's subschemas are.
enum class Operand : std::uint8_t {
  kOther,           // it has none
  kSchema,          // the value is one
  kSchemaArray,     // the value's elements are
  kSchemaMap,       // the value's members are
  kSchemaOrArray,   // the value, or its elements: `items` before 2020-12
  kSchemaMapLoose,  // the value's members are, arrays apart: `dependencies`
};
Operand operand_of(Keyword keyword);

}  // namespace bb::schema
