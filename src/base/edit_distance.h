// How far two names are from each other, for "did you mean ...?".
#pragma once

#include <cstddef>
#include <string_view>

namespace bb {

// The number of bytes to insert, delete, replace or swap with a neighbour to turn `a` into `b`
// (optimal string alignment). Takes time in proportion to the product of the sizes: the caller
// bounds them.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace bb
