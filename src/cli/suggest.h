// "Did you mean ...?": the name nearest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bb::cli {

// The candidate at the smallest distance from `typed`, the first of several; nullopt when even
// that one is too far away to be what was meant (more than a third of the letters, at least one).
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace bb::cli
