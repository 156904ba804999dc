// What the log says of refused messages: not a line for each, which a publisher that does the same
// thing wrong for ever would flood it with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace bb::broker {

class RefusalLog {
 public:
  static constexpr std::chrono::seconds kQuiet{10};

  // A message was refused. Gives how many were passed over in silence since the last line, if this
  // one is worth a line.
  std::optional<std::uint64_t> note(TimePoint now) {
    if (last_line_ && now - *last_line_ < kQuiet) {
      ++passed_over_;
      return std::nullopt;
    }
    last_line_ = now;
    return std::exchange(passed_over_, 0);
  }

 private:
  std::optional<TimePoint> last_line_;
  std::uint64_t passed_over_ = 0;
};

}  // namespace bb::broker
