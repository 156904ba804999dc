// How often, and after how long, an event that could not be handled is tried again.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace bb::client {

struct RetryPolicy {
  // In all, the first one among them; after the last that fails it is a dead letter.
  std::size_t attempts_max = 5;
  // Before the second attempt; each further one waits so many times as long, up to `most`.
  std::chrono::milliseconds first{1000};
  double factor = 5;
  std::chrono::milliseconds most{600'000};

  // What the attempt after so many that did not succeed waits; at least 1 ms, and from attempts_max
  // on, which those reach that are deferred, always the same.
  std::chrono::milliseconds delay(std::size_t attempts) const;
  // All that there are, in ascending order, each once and at least one: a delay queue each.
  std::vector<std::chrono::milliseconds> delays() const;
};

}  // namespace bb::client
