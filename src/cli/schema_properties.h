// The properties of a schema for a person: those it names itself, and those it takes over through
// `$ref` and `allOf`.
#pragma once

#include <string>
#include <vector>

#include "bloodbank/schema.h"

namespace bb::cli {

struct SchemaProperty {
  std::string name;
  std::string type;  // "string", "integer or null", "\"created\"", "array of string", "any"
  bool required = false;
  std::string description;
};

// Required ones first, and within each in the order of the schema. What only some payloads have
// (anyOf, oneOf, if) is left out.
std::vector<SchemaProperty> list_properties(const CompiledSchema& schema);

}  // namespace bb::cli
