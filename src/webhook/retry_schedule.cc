#include "webhook/retry_schedule.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace bb::webhook {
namespace {

// From the upper 53 bits, which a double holds exactly: 0 to just below 1.
double unit_interval(std::uint64_t random) {
  return static_cast<double>(random >> 11) * 0x1p-53;
}

}  // namespace

RetrySchedule::RetrySchedule(RetryOptions options) : options_(options) {
  BB_ASSERT(options.delay.count() >= 1);
  BB_ASSERT(options.factor >= 1);
  BB_ASSERT(options.delay_max >= options.delay);
}

std::chrono::milliseconds RetrySchedule::delay_after(unsigned failures,
                                                     std::uint64_t random) const {
  BB_ASSERT(failures >= 1);
  // Infinite after enough failures; the maximum takes care of that.
  const double grown_ms =
      static_cast<double>(options_.delay.count()) * std::pow(options_.factor, failures - 1);
  const double whole_ms = std::min(grown_ms, static_cast<double>(options_.delay_max.count()));
  const double part_ms = whole_ms * (0.5 + 0.5 * unit_interval(random));
  return std::chrono::milliseconds(std::llround(part_ms));
}

}  // namespace bb::webhook
