// From the text of a filter to its program. The grammar is in docs/filter.md.
#pragma once

#include <string_view>

#include "filter/fault.h"
#include "filter/program.h"

namespace bb::filter {

// `text` has at most kFilterBytesMax bytes, of any kind.
Parsed<Program> parse_program(std::string_view text);

}  // namespace bb::filter
