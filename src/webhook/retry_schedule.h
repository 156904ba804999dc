// How long to wait before the next attempt: exponential back-off with jitter. No clock, no
// generator of random numbers.
#pragma once

#include <chrono>
#include <cstdint>

namespace bb::webhook {

struct RetryOptions {
  std::chrono::milliseconds delay{1000};         // after the first failure; at least 1 ms
  double factor = 2;                             // of each delay to the one before; at least 1
  std::chrono::milliseconds delay_max{300'000};  // at least `delay`
};

class RetrySchedule {
 public:
  // Asserts what RetryOptions says.
  explicit RetrySchedule(RetryOptions options);

  // The wait after that many failures in a row, at least one: delay * factor^(failures - 1), at
  // most delay_max; and of this a part between a half and the whole that `random` chooses (64
  // uniform bits), so that those who failed together do not come back together. ("Equal jitter" of
  // M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015: unlike full jitter it
  // leaves an endpoint that is down alone for a while in any case.)
  std::chrono::milliseconds delay_after(unsigned failures, std::uint64_t random) const;

 private:
  RetryOptions options_;
};

}  // namespace bb::webhook
