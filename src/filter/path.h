// Paths as filters write them: as JSON pointers (RFC 6901), or dotted. Both name a place in an
// event in the same way, by the reference tokens of a JSON pointer: `payload.items[0].name` is
// `/payload/items/0/name`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "filter/fault.h"

namespace bb::filter {

// Reference tokens, unescaped.
using Path = std::vector<std::string>;

struct PathText {
  Path path;
  std::size_t end;  // behind its last byte
};

// The JSON pointer that begins with the '/' at `at`. It ends before white space and before what
// else may stand in a filter behind a path; names with such characters are for dotted paths.
Parsed<PathText> read_pointer(std::string_view text, std::size_t at);

// The dotted path that begins with the name at `at`: .name, ["any name"] and [0] may follow.
Parsed<PathText> read_dotted_path(std::string_view text, std::size_t at);

// Whether a name of a dotted path, written without brackets, may have this byte: letters, digits,
// '_', '-', '$', '@' and all beyond ASCII.
bool is_name_byte(char c);

// Behind the bytes from `at` on for which that holds.
std::size_t find_name_end(std::string_view text, std::size_t at);

}  // namespace bb::filter
