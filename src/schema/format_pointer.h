// The formats of JSON pointers. Both allocate nothing.
#pragma once

#include <string_view>

namespace bb::schema {

// RFC 6901 §3: empty, or tokens with a '/' before each, in which '~' is followed by
// 0 or 1.
bool is_json_pointer(std::string_view text);

// draft-bhutton-relative-json-pointer-00 §3: a number, perhaps a step between the
// elements of an array ("0-1"), then '#' or a JSON pointer. Numbers have no leading
// zeros.
bool is_relative_json_pointer(std::string_view text);

}  // namespace bb::schema
