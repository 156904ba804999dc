// Cutting a stream of JSON values into the values: one a line (NDJSON), pretty-printed one after
// another, or a single one.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"

namespace bb::cli {

// One value of a stream, without the white space around it, and where it begins there.
struct StreamValue {
  std::string_view text;
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in characters
};

// Cuts `stream` by brackets and strings alone: whether a value is JSON is for check_json() to say.
// What follows a bracket that is never closed belongs to that value.
std::vector<StreamValue> split_json_stream(std::string_view stream);

// Where `error`, found within `value`, is in the stream.
JsonError locate_in_stream(JsonError error, const StreamValue& value);

}  // namespace bb::cli
