// Statistics of a handful of measured times.
#pragma once

#include <chrono>
#include <vector>

namespace bb::cli {

// The smallest of `times` that at least `percent` of them do not exceed (nearest rank). `times` is
// not empty, `percent` from 0 to 100.
std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds> times, double percent);

}  // namespace bb::cli
