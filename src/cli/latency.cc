#include "cli/latency.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace bb::cli {

std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds> times, double percent) {
  BB_ASSERT(!times.empty());
  const auto rank =
      static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(times.size())));
  const auto nth = times.begin() +
                   static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, times.size()) - 1);
  std::nth_element(times.begin(), nth, times.end());
  return *nth;
}

}  // namespace bb::cli
