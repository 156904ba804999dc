// Is a text JSON, and if not, where does it stop being JSON and why?
//
// Strict RFC 8259: one value, no comments, no trailing commas, no byte order mark,
// UTF-8 throughout. What the grammar allows passes even where no program could
// represent it: numbers of any size, names that repeat, and escapes of surrogates
// that stand alone (RFC 8259 §8.2), because texts are passed on and not converted.
// Whoever needs the characters of a string decodes it and may refuse it then.
//
// Not recursive: depth costs a bit per level and never stack.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/envelope.h"

namespace bb::event {

struct JsonFault {
  std::size_t offset;  // bytes from the start
  std::string reason;
};

// The first fault of `text` as one JSON value with white space around it; nothing
// if it is one. At most `depth_max` arrays and objects may be open at a time.
std::optional<JsonFault> find_json_fault(std::string_view text,
                                         std::size_t depth_max = kJsonDepthMax);

// Where `text` stops being UTF-8; nothing if it is UTF-8 to its end.
std::optional<std::size_t> find_utf8_fault(std::string_view text);

// The fault with its place in lines and columns.
JsonError locate(std::string_view text, JsonFault fault);

}  // namespace bb::event
