// Makes a regular expression that needs no backtracking into a Dfa, if one of
// reasonable size exists and is quickly found.
#pragma once

#include <optional>

#include "schema/dfa.h"
#include "schema/ecma_regex.h"

namespace bb::schema {

inline constexpr std::size_t kDfaStatesMax = 2000;
inline constexpr std::size_t kDfaTableBytesMax = std::size_t{512} * 1024;

// Nothing if it would be larger than the limits above, or take more than some
// milliseconds to build. The expression does not backtrack.
std::optional<Dfa> build_dfa(const Regex& regex);

}  // namespace bb::schema
