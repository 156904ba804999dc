// The property names that a schema knows, for "did you mean ...?".
#pragma once

#include <string_view>
#include <vector>

#include "schema/schema_model.h"

namespace bb::schema {

// The names under `properties` of the schema and of the schemas it applies in place, whether they
// fit or not; a thousand at most. Schemas that are found through the dynamic scope are left out.
std::vector<std::string_view> collect_known_names(const SchemaModel& model, SchemaIndex schema);

}  // namespace bb::schema
