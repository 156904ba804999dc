// Telling a schema that is broken from a text that it refuses.
#pragma once

#include <string>

#include "bloodbank/result.h"

namespace bb::cli {

// `error` of SchemaRepository::find(). Where the schema is at fault, its message is led by the
// schema's file as before, and then says that it is the schema of `event_type` that is broken.
Error blame_schema(Error error, const std::string& event_type);

}  // namespace bb::cli
