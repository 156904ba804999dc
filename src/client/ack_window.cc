#include "client/ack_window.h"

#include <algorithm>

#include "base/assert.h"

namespace bb::client {

bool AckWindow::done(std::uint64_t delivery_tag) {
  const auto entry = std::ranges::lower_bound(entries_, delivery_tag, {}, &Entry::tag);
  BB_ASSERT(entry != entries_.end() && entry->tag == delivery_tag);
  BB_ASSERT(entry->state == State::kWaits);
  entry->state = State::kDone;
  done_.push_back(delivery_tag);
  return done_.size() == 1;
}

std::vector<AckWindow::Ack> AckWindow::take() {
  std::vector<Ack> acks;
  std::uint64_t all_up_to = 0;
  std::size_t told_at_once = 0;
  while (!entries_.empty() && entries_.front().state != State::kWaits) {
    if (entries_.front().state == State::kDone) {
      all_up_to = entries_.front().tag;
      ++told_at_once;
    }
    entries_.pop_front();
  }
  if (told_at_once > 0) acks.push_back({all_up_to, told_at_once > 1});
  for (const std::uint64_t tag : done_) {
    if (tag <= all_up_to) continue;
    std::ranges::lower_bound(entries_, tag, {}, &Entry::tag)->state = State::kTold;
    acks.push_back({tag, false});
  }
  done_.clear();
  return acks;
}

}  // namespace bb::client
