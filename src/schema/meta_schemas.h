// The meta-schemas of the drafts, compiled into the program: JSON Schema's own documents, from
// https://json-schema.org, kept in meta_schemas/.
#pragma once

#include <span>
#include <string_view>

#include "base/embedded_file.h"

namespace bb::schema {

// All of them; the paths are those below meta_schemas/.
std::span<const EmbeddedFile> meta_schema_files();

// The text of the meta-schema, or vocabulary of one, whose `$id` is `uri` (without an empty
// fragment); "" if none is.
std::string_view find_meta_schema(std::string_view uri);

}  // namespace bb::schema
