#include "schema/schema_reader.h"

#include <fmt/format.h>

#include <limits>
#include <unordered_map>

#include "schema/json_pointer.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

std::optional<TypeMask> type_mask(std::string_view name) {
  if (name == "number") return mask_of(JsonType::kNumber) | mask_of(JsonType::kInteger);
  for (const JsonType type : {JsonType::kNull, JsonType::kBoolean, JsonType::kInteger,
                              JsonType::kString, JsonType::kArray, JsonType::kObject}) {
    if (name == to_string(type)) return mask_of(type);
  }
  return std::nullopt;
}

}  // namespace

SchemaReader::SchemaReader(ModelBuilder& builder, DocumentIndex& index, SchemaPlace place,
                           std::optional<std::string> pointer)
    : builder_(builder),
      index_(index),
      place_(place),
      json_(index.document(place.document).json->view()),
      dialect_(index.resource(index.resource_at(place)).dialect),
      pointer_(std::move(pointer)) {}

Subschema SchemaReader::read() {
  const std::uint32_t resource = index_.resource_at(place_);
  schema_.resource = builder_.model_resource(resource);
  schema_.pointer =
      pointer_ ? *pointer_
               : DocumentIndex::pointer(json_, index_.resource(resource).place.node, place_.node);
  schema_.contains_evaluates = dialect_.draft == SchemaDraft::k2020_12;
  const JsonNode& node = json_[place_.node];
  if (node.is(JsonType::kBoolean)) {
    schema_.literal = node.is_true();
    return std::move(schema_);
  }
  if (!node.is(JsonType::kObject)) {
    fault(place_.node, fmt::format("a schema is an object, true or false, and this is {}",
                                   to_string(node.type)));
    schema_.literal = true;
    return std::move(schema_);
  }
  // Before 2019-09 nothing counts beside `$ref` (draft 7 core §8.3).
  std::optional<std::uint32_t> lone_ref;
  if (dialect_.draft == SchemaDraft::k7) {
    lone_ref = find_member(json_, place_.node, "$ref", buffer_);
  }
  for (std::uint32_t at = place_.node + 1; at < node.next; at = json_[at].next) {
    if (lone_ref && at + 1 != *lone_ref) continue;
    const std::string name(json_.characters(json_[at], buffer_));
    const Keyword keyword = find_keyword(name, dialect_);
    if (keyword == Keyword::kUnknown) continue;
    keyword_ = name;
    read_keyword(keyword, name, at + 1);
  }
  // They say nothing where `items` is not an array (2019-09 core §9.3.1.2).
  if (additional_items_ && schema_.prefix_items_keyword == "items") {
    keyword_ = "additionalItems";
    schema_.items = subschema(*additional_items_);
    schema_.items_keyword = "additionalItems";
  }
  return std::move(schema_);
}

void SchemaReader::read_keyword(Keyword keyword, std::string_view name, std::uint32_t value) {
  if (read_reference(keyword, value) || read_applicator(keyword, name, value)) return;
  if (read_assertion(keyword, value)) return;
  if (keyword == Keyword::kFormat) {
    read_format(value);
  } else if (keyword == Keyword::kTitle && json_[value].is(JsonType::kString)) {
    schema_.title = string(value);
  } else if (keyword == Keyword::kDescription && json_[value].is(JsonType::kString)) {
    schema_.description = string(value);
  }
}

bool SchemaReader::read_reference(Keyword keyword, std::uint32_t value) {
  if (keyword != Keyword::kRef && keyword != Keyword::kDynamicRef &&
      keyword != Keyword::kRecursiveRef) {
    return false;
  }
  if (!expect(value, JsonType::kString)) return true;
  const std::string reference = string(value);
  const SchemaIndex target = builder_.refer(place_, value, reference);
  if (target == kNoSchema) return true;
  if (keyword == Keyword::kRef) {
    schema_.reference = target;
    return true;
  }
  // What it names at first decides whether the dynamic scope is asked at all.
  const std::string& base = index_.resource(index_.resource_at(place_)).uri;
  const std::string absolute = resolve_uri(base, reference).value_or(reference);
  const auto place = index_.find(absolute);
  DynamicReference dynamic{.anchor = {}, .fallback = target, .is_dynamic = false};
  if (place) {
    const IndexedResource& resource = index_.resource(index_.resource_at(*place));
    if (keyword == Keyword::kRecursiveRef) {
      schema_.dynamic_keyword = "$recursiveRef";
      dynamic.is_dynamic = resource.recursive_anchor && resource.place == *place;
    } else {
      dynamic.anchor = decode_percent(split_fragment(absolute).fragment).value_or("");
      for (const auto& [name, node] : resource.dynamic_anchors) {
        if (name == dynamic.anchor && node == place->node) dynamic.is_dynamic = true;
      }
    }
  }
  if (dynamic.is_dynamic) builder_.model_.uses_dynamic_scope = true;
  schema_.dynamic = std::move(dynamic);
  return true;
}

bool SchemaReader::read_applicator(Keyword keyword, std::string_view name, std::uint32_t value) {
  switch (keyword) {
    case Keyword::kAllOf:
      schema_.all_of = subschemas(value);
      return true;
    case Keyword::kAnyOf:
      schema_.any_of = subschemas(value);
      return true;
    case Keyword::kOneOf:
      schema_.one_of = subschemas(value);
      return true;
    case Keyword::kNot:
      schema_.not_schema = subschema(value);
      return true;
    case Keyword::kIf:
      schema_.if_schema = subschema(value);
      return true;
    case Keyword::kThen:
      schema_.then_schema = subschema(value);
      return true;
    case Keyword::kElse:
      schema_.else_schema = subschema(value);
      return true;
    case Keyword::kDependentSchemas:
      named_subschemas(value, schema_.dependent_schemas);
      return true;
    case Keyword::kDependencies:
      read_dependencies(value);
      return true;
    case Keyword::kProperties:
      named_subschemas(value, schema_.properties);
      return true;
    case Keyword::kPatternProperties:
      if (!expect(value, JsonType::kObject)) return true;
      for (std::uint32_t at = value + 1; at < json_[value].next; at = json_[at].next) {
        std::string source(json_.characters(json_[at], buffer_));
        const std::uint32_t pattern = builder_.pattern(place_, at, source);
        const SchemaIndex schema = subschema(at + 1, below(source));
        schema_.pattern_properties.push_back({std::move(source), pattern, schema});
      }
      return true;
    case Keyword::kAdditionalProperties:
      schema_.additional_properties = subschema(value);
      return true;
    case Keyword::kPropertyNames:
      schema_.property_names = subschema(value);
      return true;
    case Keyword::kPrefixItems:
      schema_.prefix_items = subschemas(value);
      return true;
    case Keyword::kItems:
      read_items(value);
      return true;
    case Keyword::kAdditionalItems:
      additional_items_ = value;
      return true;
    case Keyword::kContains:
      schema_.contains = subschema(value);
      return true;
    case Keyword::kUnevaluatedProperties:
      schema_.unevaluated_properties = subschema(value);
      return true;
    case Keyword::kUnevaluatedItems:
      schema_.unevaluated_items = subschema(value);
      return true;
    default:
      (void)name;
      return false;
  }
}

bool SchemaReader::read_assertion(Keyword keyword, std::uint32_t value) {
  switch (keyword) {
    case Keyword::kType:
      read_type(value);
      return true;
    case Keyword::kConst:
      schema_.constant = JsonRef{&json_, value};
      return true;
    case Keyword::kEnum:
      if (!expect(value, JsonType::kArray)) return true;
      schema_.has_enumeration = true;
      for (std::uint32_t at = value + 1; at < json_[value].next; at = json_[at].next) {
        schema_.enumeration.push_back({&json_, at});
      }
      return true;
    case Keyword::kRequired:
      schema_.required = strings(value);
      return true;
    case Keyword::kDependentRequired:
      if (!expect(value, JsonType::kObject)) return true;
      for (std::uint32_t at = value + 1; at < json_[value].next; at = json_[at].next) {
        std::string name(json_.characters(json_[at], buffer_));
        schema_.dependent_required.emplace_back(std::move(name), strings(at + 1));
      }
      return true;
    case Keyword::kMinProperties:
      schema_.properties_min = count(value);
      return true;
    case Keyword::kMaxProperties:
      schema_.properties_max = count(value);
      return true;
    case Keyword::kMinItems:
      schema_.items_min = count(value);
      return true;
    case Keyword::kMaxItems:
      schema_.items_max = count(value);
      return true;
    case Keyword::kUniqueItems:
      if (expect(value, JsonType::kBoolean)) schema_.unique_items = json_[value].is_true();
      return true;
    case Keyword::kMinContains:
      schema_.contains_min = count(value).value_or(1);
      return true;
    case Keyword::kMaxContains:
      schema_.contains_max = count(value);
      return true;
    case Keyword::kMinLength:
      schema_.length_min = count(value);
      return true;
    case Keyword::kMaxLength:
      schema_.length_max = count(value);
      return true;
    case Keyword::kPattern:
      if (expect(value, JsonType::kString)) {
        schema_.pattern = builder_.pattern(place_, value, string(value));
      }
      return true;
    case Keyword::kMinimum:
      read_number(value, schema_.minimum);
      return true;
    case Keyword::kMaximum:
      read_number(value, schema_.maximum);
      return true;
    case Keyword::kExclusiveMinimum:
      read_number(value, schema_.exclusive_minimum);
      return true;
    case Keyword::kExclusiveMaximum:
      read_number(value, schema_.exclusive_maximum);
      return true;
    case Keyword::kMultipleOf:
      read_number(value, schema_.multiple_of);
      if (schema_.multiple_of) {
        auto divisor = Divisor::make(schema_.multiple_of->text);
        if (divisor) {
          schema_.divisor = *divisor;
        } else {
          schema_.multiple_of.reset();
          fault(value, divisor.error().message);
        }
      }
      return true;
    default:
      return false;
  }
}

void SchemaReader::read_type(std::uint32_t value) {
  schema_.has_type = true;
  schema_.types = 0;
  const auto add = [this](std::uint32_t node) {
    if (!expect(node, JsonType::kString)) return;
    const std::string name = string(node);
    if (const auto mask = type_mask(name)) {
      schema_.types |= *mask;
    } else {
      fault(node, fmt::format("\"{}\" is no type", name));
    }
  };
  if (!json_[value].is(JsonType::kArray)) return add(value);
  for (std::uint32_t at = value + 1; at < json_[value].next; at = json_[at].next) add(at);
}

void SchemaReader::read_items(std::uint32_t value) {
  if (dialect_.draft != SchemaDraft::k2020_12 && json_[value].is(JsonType::kArray)) {
    schema_.prefix_items = subschemas(value);
    schema_.prefix_items_keyword = "items";
  } else {
    schema_.items = subschema(value);
  }
}

void SchemaReader::read_dependencies(std::uint32_t value) {
  if (!expect(value, JsonType::kObject)) return;
  schema_.dependent_required_keyword = schema_.dependent_schemas_keyword = "dependencies";
  for (std::uint32_t at = value + 1; at < json_[value].next; at = json_[at].next) {
    std::string name(json_.characters(json_[at], buffer_));
    if (json_[at + 1].is(JsonType::kArray)) {
      schema_.dependent_required.emplace_back(std::move(name), strings(at + 1));
    } else {
      const SchemaIndex schema = subschema(at + 1, below(name));
      schema_.dependent_schemas.push_back({std::move(name), schema});
    }
  }
}

void SchemaReader::read_format(std::uint32_t value) {
  if (!json_[value].is(JsonType::kString)) return;
  if (dialect_.format_assertion || index_.options().assert_formats) {
    schema_.format = format_from_name(string(value));
  }
}

void SchemaReader::read_number(std::uint32_t value, std::optional<NumberBound>& bound) {
  if (!json_[value].is(JsonType::kInteger) && !json_[value].is(JsonType::kNumber)) {
    fault(value, fmt::format("expected a number, but found {}", to_string(json_[value].type)));
    return;
  }
  bound = NumberBound{json_.raw(json_[value])};
}

std::string SchemaReader::below(std::string_view token) const {
  std::string pointer = "/" + keyword_;
  append_pointer_token(pointer, token);
  return pointer;
}

SchemaIndex SchemaReader::subschema(std::uint32_t node, const std::string& below) {
  if (index_.document(place_.document).resource_of[node] == kNowhere) {
    fault(node, fmt::format("a schema is an object, true or false, and this is {}",
                            to_string(json_[node].type)));
    return builder_.schema_at(place_);
  }
  const SchemaPlace place{place_.document, node};
  const bool is_same_resource = index_.resource_at(place) == index_.resource_at(place_);
  return builder_.schema_at(place, is_same_resource ? schema_.pointer + below : std::string());
}

std::vector<SchemaIndex> SchemaReader::subschemas(std::uint32_t array) {
  std::vector<SchemaIndex> out;
  if (!expect(array, JsonType::kArray)) return out;
  for (std::uint32_t at = array + 1; at < json_[array].next; at = json_[at].next) {
    out.push_back(subschema(at, below(std::to_string(out.size()))));
  }
  return out;
}

void SchemaReader::named_subschemas(std::uint32_t object, std::vector<NamedSchema>& out) {
  if (!expect(object, JsonType::kObject)) return;
  std::unordered_map<std::string, std::size_t> known;
  for (std::uint32_t at = object + 1; at < json_[object].next; at = json_[at].next) {
    std::string name(json_.characters(json_[at], buffer_));
    const SchemaIndex schema = subschema(at + 1, below(name));
    const auto [place, is_new] = known.emplace(name, out.size());
    if (is_new) {
      out.push_back({std::move(name), schema});
    } else {
      out[place->second].schema = schema;  // of a name that repeats the last one counts
    }
  }
}

std::vector<std::string> SchemaReader::strings(std::uint32_t array) {
  std::vector<std::string> out;
  if (!expect(array, JsonType::kArray)) return out;
  for (std::uint32_t at = array + 1; at < json_[array].next; at = json_[at].next) {
    if (expect(at, JsonType::kString)) out.push_back(string(at));
  }
  return out;
}

std::string SchemaReader::string(std::uint32_t node) {
  return std::string(json_.characters(json_[node], buffer_));
}

std::optional<std::uint64_t> SchemaReader::count(std::uint32_t node) {
  const bool is_integer = json_[node].is(JsonType::kInteger);
  const Decimal value(is_integer ? json_.raw(json_[node]) : "-1");
  if (value.is_negative()) {
    fault(node, "expected a whole number, at least 0");
    return std::nullopt;
  }
  if (value.is_zero()) return 0;
  // No text has as many of anything.
  if (value.exponent() > 18) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t out = 0;
  value.each_digit([&out](int digit) { out = out * 10 + static_cast<std::uint64_t>(digit); });
  for (auto zeros = value.exponent() - value.digit_count(); zeros > 0; --zeros) out *= 10;
  return out;
}

bool SchemaReader::expect(std::uint32_t node, JsonType type) {
  if (json_[node].is(type)) return true;
  fault(node,
        fmt::format("expected {}, but found {}", to_string(type), to_string(json_[node].type)));
  return false;
}

void SchemaReader::fault(std::uint32_t node, std::string_view message) {
  builder_.fault(place_, node, message);
}

}  // namespace bb::schema
