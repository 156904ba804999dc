#include "client/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace bb::client {

using std::chrono::milliseconds;

milliseconds RetryPolicy::delay(std::size_t attempts) const {
  const std::size_t step =
      std::clamp<std::size_t>(attempts, 1, std::max<std::size_t>(attempts_max, 2) - 1);
  const auto exponent = static_cast<double>(step - 1);
  const double wanted =
      static_cast<double>(first.count()) * std::pow(std::max(factor, 1.0), exponent);
  const double bounded = std::min(wanted, static_cast<double>(most.count()));
  return std::max(milliseconds(static_cast<std::int64_t>(bounded)), milliseconds(1));
}

std::vector<milliseconds> RetryPolicy::delays() const {
  std::vector<milliseconds> delays;
  for (std::size_t step = 1; step < std::max<std::size_t>(attempts_max, 2); ++step) {
    const milliseconds next = delay(step);
    if (!delays.empty() && delays.back() == next) break;  // `most`, from here on
    delays.push_back(next);
  }
  return delays;
}

}  // namespace bb::client
