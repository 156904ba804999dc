// The `agent_context` of an envelope: checked, and otherwise passed on as it is.
#pragma once

#include <string_view>

#include "event/structural_errors.h"

namespace bb::event {

// What is wrong with the value of `agent_context`, which is JSON. Fields that the
// wire contract does not name may be anything. One that it names may be null as
// well, which is how the Python services write a field that is not set.
void check_agent_context(std::string_view value, std::string_view pointer,
                         StructuralErrors& errors);

}  // namespace bb::event
