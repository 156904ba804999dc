#include "client/back_off.h"

#include <algorithm>

namespace bb::client {

std::chrono::milliseconds BackOff::next() {
  const auto step = std::min(step_, options_.most);
  step_ = std::min(step_ * 2, options_.most);
  std::uniform_int_distribution<std::int64_t> pause(step.count() - step.count() / 2, step.count());
  return std::chrono::milliseconds(pause(random_));
}

}  // namespace bb::client
