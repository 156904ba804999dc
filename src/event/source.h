// Who emitted an event: the `source` of an envelope.
#pragma once

#include <string_view>

#include "bloodbank/envelope.h"
#include "event/structural_errors.h"

namespace bb::event {

// "one of manual, agent, ...".
const std::string& expected_source_type();

// Reads the value of `source`, which is JSON; what is wrong with it goes to `errors`.
Source read_source(std::string_view value, std::string_view pointer, StructuralErrors& errors);

// What is wrong with a source built in memory.
void check_source(const Source& source, std::string_view pointer, StructuralErrors& errors);

void append_source(std::string& out, const Source& source);

}  // namespace bb::event
