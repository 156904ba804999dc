// What a schema file says of itself, read from its JSON without compiling it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/json_document.h"
#include "schema/json_pointer.h"
#include "schema/repository.h"

namespace bb::schema {

struct DocumentInfo {
  std::string id;          // `$id` as it is written
  std::string event_type;  // what it says it is: well-formed, or empty
  EventKind kind = EventKind::kEvent;
  std::string title;
  std::string description;
  std::string routing_key;  // `x-bloodbank.routing_key`, or empty
};

// Of a document that is an object: `x-bloodbank.event_type`, else the `const` of
// `properties.event_type`, there or in a member of `allOf` (that is how a schema on top of a common
// base says it).
DocumentInfo read_document_info(const JsonView& document);

// The members of `examples`, as they are written.
std::vector<std::string> read_examples(const JsonView& document);

// A reference to another document.
struct DocumentReference {
  std::string reference;  // as it is written, without fragment; not empty
  std::string uri;        // seen from its base: absolute, normalized
};

// Every `$ref` and `$dynamicRef` that leaves the resource it stands in, each URI once. `uri` is the
// document's own, for where there is no `$id`. Looks at values that are no schemas too, such as
// examples: what it finds need not be there.
std::vector<DocumentReference> read_references(const JsonView& document, std::string_view uri);

// The characters of the string at `index`; empty if it is no string.
std::string text_at(const JsonView& document, std::optional<std::uint32_t> index);

}  // namespace bb::schema
