// How long to wait before trying again.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "base/random.h"

namespace bb::client {

struct BackOffOptions {
  std::chrono::milliseconds first{50};
  // So that a broker that is back is found within a second.
  std::chrono::milliseconds most{800};
};

// Pauses that double from `first` to `most`, each between a half and the whole of that, at random:
// many who lost the same peer do not come back all at once. Not thread-safe.
class BackOff {
 public:
  explicit BackOff(BackOffOptions options = {}, std::uint64_t seed = random_u64())
      : options_(options), step_(options.first), random_(seed) {}

  std::chrono::milliseconds next();
  // It worked: the next pause is the first again.
  void reset() { step_ = options_.first; }

 private:
  const BackOffOptions options_;
  std::chrono::milliseconds step_;
  std::mt19937_64 random_;
};

}  // namespace bb::client
