// The words in which violations are told: what was expected, and what was found.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "schema/json_document.h"
#include "schema/schema_model.h"

namespace bb::schema {

// The value as JSON on one line, without white space, shortened to about 60 bytes with "…" behind.
// Control characters are replaced: see printable(). Takes no longer for a large value.
std::string shorten(const JsonView& json, std::uint32_t node);

// "a string", "an integer or null", "an array, an object or null".
std::string describe_types(TypeMask types);

// `"a"`, `one of "a", "b" and null`; of a long list the beginning: `one of 1, 2, … (12 in all)`.
std::string describe_values(std::span<const JsonRef> values);

// "1 element", "3 elements".
std::string count_of(std::uint64_t count, std::string_view thing, std::string_view things);

// "elements 0, 2 and 5": the words joined with commas and, before the last, `conjunction`.
std::string join(std::span<const std::string> words, std::string_view conjunction);

}  // namespace bb::schema
