// What one channel was given and has not acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "broker/queue.h"

namespace bb::broker {

struct Unacked {
  std::uint64_t delivery_tag = 0;
  Queue::Ptr queue;
  std::uint64_t consumer = 0;  // the number of the consumer, who may be gone; 0 for basic.get
  QueuedMessage message;
  TimePoint delivered_at{};
};

// Unacknowledged messages by delivery tag, in order. Adding is at the end; taking
// the oldest or the newest costs a constant, taking any other a binary search, and memory
// is in proportion to what is unacknowledged, whatever the gaps between the tags.
class UnackedList {
 public:
  // The tag is larger than every one before.
  void add(Unacked unacked);

  std::optional<Unacked> take(std::uint64_t delivery_tag);
  // Takes all up to and including the tag, oldest first; tag 0 takes all. nullopt when
  // there is no message with that tag (other than 0).
  std::optional<std::vector<Unacked>> take_up_to(std::uint64_t delivery_tag);
  std::vector<Unacked> take_all();
  // Puts back what was taken; in any order.
  void put_back(std::vector<Unacked> taken);

  // Each, oldest first.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Unacked& entry : entries_) {
      if (entry.queue) visit(entry);
    }
  }

  std::size_t size() const { return entries_.size() - taken_; }

 private:
  std::deque<Unacked>::iterator find(std::uint64_t delivery_tag);
  void trim();

  std::deque<Unacked> entries_;  // an entry without a queue was taken from the middle
  std::size_t taken_ = 0;
};

}  // namespace bb::broker
