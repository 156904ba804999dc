// Where the subschemas of a document are, by the keywords that hold them: for rules that look at a
// schema as it is written and not at what it means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/json_document.h"

namespace bb::cli {

struct SchemaPlace {
  std::uint32_t node = 0;
  std::string pointer;  // RFC 6901, from the root of the document
};

// A name that a schema gives to something: a property, or an entry of `$defs`.
struct SchemaName {
  std::uint32_t node = 0;  // of the name
  std::string keyword;     // "properties", "$defs", "definitions"
  std::string text;
};

struct SchemaPlaces {
  std::vector<SchemaPlace> schemas;  // the document itself first
  std::vector<SchemaName> names;
};

SchemaPlaces find_schema_places(const schema::JsonView& document);

}  // namespace bb::cli
