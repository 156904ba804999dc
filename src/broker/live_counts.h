// How much of each segment of the log is still needed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.h"
#include "log/log.h"

namespace bb::broker {

// Counts, for each segment, the places in queues that messages in it hold. Not thread-safe.
class LiveCounts {
 public:
  struct Segment {
    log::Position base;
    std::uint64_t live = 0;
  };

  // A segment that begins at `base`, larger than every one before.
  void add_segment(log::Position base) {
    BB_ASSERT(segments_.empty() || segments_.back().base < base);
    segments_.push_back({base});
  }
  void remove_segment(log::Position base) {
    std::erase_if(segments_, [base](const Segment& segment) { return segment.base == base; });
    last_ = 0;
  }
  // Whether segments that begin at `base` or before are counted.
  bool counts_up_to(log::Position base) const {
    return !segments_.empty() && segments_.back().base >= base;
  }

  void add(log::Position position, std::uint64_t count) { of(position).live += count; }
  void remove(log::Position position) {
    Segment& segment = of(position);
    BB_ASSERT(segment.live > 0);
    --segment.live;
  }
  std::span<const Segment> segments() const { return segments_; }
  std::uint64_t live_at(log::Position position) { return of(position).live; }
  // The base of the segment that holds the position.
  log::Position base_of(log::Position position) { return of(position).base; }

 private:
  Segment& of(log::Position position) {
    const auto holds = [&](std::size_t index) {
      return index < segments_.size() && segments_[index].base <= position &&
             (index + 1 == segments_.size() || position < segments_[index + 1].base);
    };
    if (!holds(last_)) {
      const auto behind = std::upper_bound(
          segments_.begin(), segments_.end(), position,
          [](log::Position wanted, const Segment& segment) { return wanted < segment.base; });
      BB_ASSERT(behind != segments_.begin());
      last_ = static_cast<std::size_t>(behind - segments_.begin()) - 1;
    }
    return segments_[last_];
  }

  std::vector<Segment> segments_;
  std::size_t last_ = 0;  // that of() found
};

}  // namespace bb::broker
