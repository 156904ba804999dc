// What the value of a field means, and null or an error where it means nothing.
// Every `value` is JSON, trimmed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/structural_errors.h"

namespace bb::event {

// Nothing unless `value` is a string with a UTF-8 form.
std::optional<std::string> string_value(std::string_view value);
std::optional<Uuid> uuid_value(std::string_view value);
std::optional<Timestamp> timestamp_value(std::string_view value);

// A string, or an error that says what else was expected of it.
std::string read_string(std::string_view value, const std::string& pointer,
                        StructuralErrors& errors, std::string_view expected = expected::kString);

// An array of UUIDs, with an error at each element that is not one.
std::vector<Uuid> read_uuids(std::string_view value, const std::string& pointer,
                             StructuralErrors& errors);

// The text of an object, empty after an error.
RawJson read_object(std::string_view value, const std::string& pointer, StructuralErrors& errors);

// The text of an object, or nothing for null and after an error.
std::optional<RawJson> read_optional_object(std::string_view value, const std::string& pointer,
                                            StructuralErrors& errors);

}  // namespace bb::event
