#include "schema/dialect.h"

#include <unordered_map>

namespace bb::schema {
namespace {

enum class Group : std::uint8_t { kCore, kApplicator, kUnevaluated, kValidation, kAnnotation };

// Since and until which draft a keyword is one.
struct Entry {
  Keyword keyword;
  Group group;
  SchemaDraft first = SchemaDraft::k7;
  SchemaDraft last = SchemaDraft::k2020_12;
};

using enum SchemaDraft;
using K = Keyword;

// JSON Schema 2020-12 (core, validation), 2019-09 and draft 7. `dependencies`, `definitions` and,
// in 2020-12, nothing else of older drafts stay for compatibility (2020-12 validation appendix A,
// meta-schema).
const std::unordered_map<std::string_view, Entry>& keywords() {
  static const std::unordered_map<std::string_view, Entry> table = {
      {"$schema", {K::kSchema, Group::kCore}},
      {"$id", {K::kId, Group::kCore}},
      {"$anchor", {K::kAnchor, Group::kCore, k2019_09}},
      {"$dynamicAnchor", {K::kDynamicAnchor, Group::kCore, k2020_12}},
      {"$recursiveAnchor", {K::kRecursiveAnchor, Group::kCore, k2019_09, k2019_09}},
      {"$ref", {K::kRef, Group::kCore}},
      {"$dynamicRef", {K::kDynamicRef, Group::kCore, k2020_12}},
      {"$recursiveRef", {K::kRecursiveRef, Group::kCore, k2019_09, k2019_09}},
      {"$defs", {K::kDefs, Group::kCore, k2019_09}},
      {"definitions", {K::kDefinitions, Group::kCore}},
      {"$vocabulary", {K::kVocabulary, Group::kCore, k2019_09}},
      {"allOf", {K::kAllOf, Group::kApplicator}},
      {"anyOf", {K::kAnyOf, Group::kApplicator}},
      {"oneOf", {K::kOneOf, Group::kApplicator}},
      {"not", {K::kNot, Group::kApplicator}},
      {"if", {K::kIf, Group::kApplicator}},
      {"then", {K::kThen, Group::kApplicator}},
      {"else", {K::kElse, Group::kApplicator}},
      {"dependentSchemas", {K::kDependentSchemas, Group::kApplicator, k2019_09}},
      {"dependencies", {K::kDependencies, Group::kApplicator}},
      {"properties", {K::kProperties, Group::kApplicator}},
      {"patternProperties", {K::kPatternProperties, Group::kApplicator}},
      {"additionalProperties", {K::kAdditionalProperties, Group::kApplicator}},
      {"propertyNames", {K::kPropertyNames, Group::kApplicator}},
      {"prefixItems", {K::kPrefixItems, Group::kApplicator, k2020_12}},
      {"items", {K::kItems, Group::kApplicator}},
      {"additionalItems", {K::kAdditionalItems, Group::kApplicator, k7, k2019_09}},
      {"contains", {K::kContains, Group::kApplicator}},
      {"unevaluatedProperties", {K::kUnevaluatedProperties, Group::kUnevaluated, k2019_09}},
      {"unevaluatedItems", {K::kUnevaluatedItems, Group::kUnevaluated, k2019_09}},
      {"type", {K::kType, Group::kValidation}},
      {"const", {K::kConst, Group::kValidation}},
      {"enum", {K::kEnum, Group::kValidation}},
      {"required", {K::kRequired, Group::kValidation}},
      {"dependentRequired", {K::kDependentRequired, Group::kValidation, k2019_09}},
      {"minProperties", {K::kMinProperties, Group::kValidation}},
      {"maxProperties", {K::kMaxProperties, Group::kValidation}},
      {"minItems", {K::kMinItems, Group::kValidation}},
      {"maxItems", {K::kMaxItems, Group::kValidation}},
      {"uniqueItems", {K::kUniqueItems, Group::kValidation}},
      {"minContains", {K::kMinContains, Group::kValidation, k2019_09}},
      {"maxContains", {K::kMaxContains, Group::kValidation, k2019_09}},
      {"minLength", {K::kMinLength, Group::kValidation}},
      {"maxLength", {K::kMaxLength, Group::kValidation}},
      {"pattern", {K::kPattern, Group::kValidation}},
      {"minimum", {K::kMinimum, Group::kValidation}},
      {"maximum", {K::kMaximum, Group::kValidation}},
      {"exclusiveMinimum", {K::kExclusiveMinimum, Group::kValidation}},
      {"exclusiveMaximum", {K::kExclusiveMaximum, Group::kValidation}},
      {"multipleOf", {K::kMultipleOf, Group::kValidation}},
      {"format", {K::kFormat, Group::kAnnotation}},
      {"title", {K::kTitle, Group::kAnnotation}},
      {"description", {K::kDescription, Group::kAnnotation}},
  };
  return table;
}

std::string_view without_empty_fragment(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  return uri;
}

}  // namespace

std::string_view meta_schema_uri(SchemaDraft draft) {
  switch (draft) {
    case SchemaDraft::k7:
      return "http://json-schema.org/draft-07/schema";
    case SchemaDraft::k2019_09:
      return "https://json-schema.org/draft/2019-09/schema";
    case SchemaDraft::k2020_12:
      break;
  }
  return "https://json-schema.org/draft/2020-12/schema";
}

std::optional<Dialect> standard_dialect(std::string_view uri) {
  uri = without_empty_fragment(uri);
  // Schemas that say https for draft 7 are common, and there is nothing else they could mean.
  if (uri == "https://json-schema.org/draft-07/schema") return Dialect{.draft = k7};
  for (const SchemaDraft draft : {k2020_12, k2019_09, k7}) {
    if (uri == meta_schema_uri(draft)) return Dialect{.draft = draft};
  }
  // The vocabularies' own documents.
  if (uri.starts_with("https://json-schema.org/draft/2020-12/meta/")) return Dialect{};
  if (uri.starts_with("https://json-schema.org/draft/2019-09/meta/")) {
    return Dialect{.draft = k2019_09};
  }
  return std::nullopt;
}

Vocabulary vocabulary_from_uri(std::string_view uri) {
  static const std::unordered_map<std::string_view, Vocabulary> names = {
      {"core", Vocabulary::kCore},
      {"applicator", Vocabulary::kApplicator},
      {"unevaluated", Vocabulary::kUnevaluated},
      {"validation", Vocabulary::kValidation},
      {"format-assertion", Vocabulary::kFormatAssertion},
      {"format-annotation", Vocabulary::kAnnotation},
      {"format", Vocabulary::kAnnotation},
      {"meta-data", Vocabulary::kAnnotation},
      {"content", Vocabulary::kAnnotation},
  };
  for (const std::string_view prefix : {"https://json-schema.org/draft/2020-12/vocab/",
                                        "https://json-schema.org/draft/2019-09/vocab/"}) {
    if (!uri.starts_with(prefix)) continue;
    const auto found = names.find(uri.substr(prefix.size()));
    if (found != names.end()) return found->second;
  }
  return Vocabulary::kUnknown;
}

Keyword find_keyword(std::string_view name, const Dialect& dialect) {
  const auto found = keywords().find(name);
  if (found == keywords().end()) return Keyword::kUnknown;
  const Entry& entry = found->second;
  if (dialect.draft < entry.first || dialect.draft > entry.last) return Keyword::kUnknown;
  const bool in_force = entry.group == Group::kApplicator    ? dialect.applicator
                        : entry.group == Group::kUnevaluated ? dialect.unevaluated
                        : entry.group == Group::kValidation  ? dialect.validation
                                                             : true;
  return in_force ? entry.keyword : Keyword::kUnknown;
}

Operand operand_of(Keyword keyword) {
  switch (keyword) {
    case K::kNot:
    case K::kIf:
    case K::kThen:
    case K::kElse:
    case K::kAdditionalProperties:
    case K::kPropertyNames:
    case K::kAdditionalItems:
    case K::kContains:
    case K::kUnevaluatedProperties:
    case K::kUnevaluatedItems:
      return Operand::kSchema;
    case K::kAllOf:
    case K::kAnyOf:
    case K::kOneOf:
    case K::kPrefixItems:
      return Operand::kSchemaArray;
    case K::kDefs:
    case K::kDefinitions:
    case K::kDependentSchemas:
    case K::kProperties:
    case K::kPatternProperties:
      return Operand::kSchemaMap;
    case K::kItems:
      return Operand::kSchemaOrArray;
    case K::kDependencies:
      return Operand::kSchemaMapLoose;
    default:
      return Operand::kOther;
  }
}

}  // namespace bb::schema
