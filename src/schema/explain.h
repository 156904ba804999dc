// Everything that is wrong with a text, for a person: the slow counterpart of Program, which only
// decides. Walks the model, collects every violation, and agrees with Program on every verdict.
#pragma once

#include "bloodbank/schema.h"
#include "schema/json_document.h"
#include "schema/schema_model.h"

namespace bb::schema {

// Checks `json` against `model.root`. `report.valid` is the verdict; the violations are in the
// order of the text, `options.violations_max` of them at most. A schema that loops without
// consuming anything gives `report.schema_error` and no verdict. So does a pattern that is too
// expensive, with what is certain all the same among the violations.
SchemaReport explain(const SchemaModel& model, const JsonView& json,
                     const SchemaReportOptions& options);

}  // namespace bb::schema
