#include "broker/confirm_tracker.h"

#include <algorithm>

namespace bb::broker {

void ConfirmTracker::refuse_waiting() {
  for (const Waiting& waiting : waiting_) settled_.push_back({waiting.sequence, /*nack=*/true});
  waiting_.clear();
  std::ranges::sort(settled_, {}, &Settled::sequence);
}

void ConfirmTracker::collect(Position durable, std::vector<Ack>& acks) {
  const std::size_t settled_before = settled_.size();
  for (; !waiting_.empty() && waiting_.front().position <= durable; waiting_.pop_front()) {
    settled_.push_back({waiting_.front().sequence, waiting_.front().nack});
  }
  if (settled_.empty()) return;
  // Each half is in order.
  if (settled_before > 0 && settled_before < settled_.size()) {
    std::sort(settled_.begin(), settled_.end(),
              [](const Settled& a, const Settled& b) { return a.sequence < b.sequence; });
  }

  // A multiple ack covers everything before it, so it must not pass what waits or what is
  // refused: refused ones are answered first and one at a time.
  for (const Settled& settled : settled_) {
    if (settled.nack) acks.push_back({settled.sequence, /*multiple=*/false, /*nack=*/true});
  }
  const std::uint64_t oldest_waiting = waiting_.empty() ? next_ : waiting_.front().sequence;
  std::uint64_t covered = 0;
  std::uint64_t covered_count = 0;
  for (const Settled& settled : settled_) {
    if (settled.nack || settled.sequence >= oldest_waiting) continue;
    covered = settled.sequence;
    ++covered_count;
  }
  if (covered != 0) acks.push_back({covered, covered_count > 1, /*nack=*/false});
  for (const Settled& settled : settled_) {
    if (!settled.nack && settled.sequence >= oldest_waiting) {
      acks.push_back({settled.sequence, /*multiple=*/false, /*nack=*/false});
    }
  }
  settled_.clear();
}

}  // namespace bb::broker
