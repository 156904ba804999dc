// Checks of the JSON texts in an envelope that was built in memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "event/structural_errors.h"

namespace bb::event {

// True if `raw` is JSON that can be written with `depth_around` arrays and objects
// around it; an error otherwise.
bool check_raw_json(const RawJson& raw, std::size_t depth_around, const std::string& pointer,
                    std::string_view expected, StructuralErrors& errors);

// The same, and an object.
bool check_raw_object(const RawJson& raw, std::size_t depth_around, const std::string& pointer,
                      std::string_view expected, StructuralErrors& errors);

// An error unless `text` is UTF-8.
void check_utf8(std::string_view text, const std::string& pointer, StructuralErrors& errors);

}  // namespace bb::event
