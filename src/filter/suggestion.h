// What a word that is out of place was probably meant to be.
#pragma once

#include <string>
#include <string_view>

#include "filter/path.h"

namespace bb::filter {

// For the end of a message about `word`, which stands where an operator or `and` should:
// "; did you mean 'and'?", or nothing.
std::string suggest_operator(std::string_view word);

// Why a dotted path cannot be `path`, if it cannot: it begins with no field of an envelope, and so
// is rather a string without its quotes, a field of the payload, or a misspelling. Empty if it can.
std::string explain_unknown_field(const Path& path);

}  // namespace bb::filter
