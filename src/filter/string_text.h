// Strings as filters write them: JSON strings (RFC 8259 §7), or the same in single quotes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "filter/fault.h"

namespace bb::filter {

// Where the string that opens at `at` ends, behind its closing quote. A backslash takes the
// character behind it along; whether it is an escape is for to_json_string() to say.
Parsed<std::size_t> find_string_end(std::string_view text, std::size_t at);

// `quoted` without its quotes.
std::string_view between_quotes(std::string_view quoted);

// The string as JSON. `quoted` has its quotes, as find_string_end() found them, and lies at
// `offset` of the filter.
Parsed<std::string> to_json_string(std::string_view quoted, std::size_t offset);

}  // namespace bb::filter
