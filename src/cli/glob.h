// Patterns of names, as a shell has them.
#pragma once

#include <string_view>

namespace bb::cli {

// Whether `pattern` stands for all of `name`: '*' for any characters, none too, '?' for one.
// Everything else means itself. Takes at most the product of their lengths.
bool matches_glob(std::string_view pattern, std::string_view name);

}  // namespace bb::cli
