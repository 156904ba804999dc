// How often something happens.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace bb::broker {

// Counts, and tells a rate over the last kWindow: what happened since the window began, and of the
// one before as much as reaches into it. Constant in time and memory; `now` never goes back.
class RateMeter {
 public:
  static constexpr std::chrono::seconds kWindow{5};

  void add(TimePoint now, std::uint32_t count = 1) {
    if (now - begin_ >= kWindow) roll(now);
    current_ += count;
    total_ += count;
  }

  std::uint64_t total() const { return total_; }

  // A second.
  double rate(TimePoint now) const {
    RateMeter meter = *this;
    if (now - meter.begin_ >= kWindow) meter.roll(now);
    const double window = std::chrono::duration<double>(kWindow).count();
    const double elapsed = std::chrono::duration<double>(now - meter.begin_).count();
    return (meter.previous_ * (window - elapsed) / window + meter.current_) / window;
  }

 private:
  void roll(TimePoint now) {
    previous_ = now - begin_ < 2 * kWindow ? current_ : 0;
    current_ = 0;
    begin_ += (now - begin_) / kWindow * kWindow;
  }

  TimePoint begin_{};
  std::uint64_t total_ = 0;
  std::uint32_t current_ = 0;
  std::uint32_t previous_ = 0;
};

}  // namespace bb::broker
