// Runs the program of a filter over an event.
#pragma once

#include "bloodbank/result.h"
#include "filter/filter.h"
#include "filter/program.h"
#include "schema/json_document.h"

namespace bb::filter {

// Filter::matches() says what it takes and which errors there are.
Result<bool> evaluate(const Program& program, const schema::JsonView& event,
                      FilterScratch& scratch);

}  // namespace bb::filter
