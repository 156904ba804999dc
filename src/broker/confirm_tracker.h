// Publisher confirms of one channel (https://www.rabbitmq.com/confirms.html).
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "broker/storage.h"

namespace bb::broker {

// Counts publishes from 1 and turns durable positions into acks, as few as will do:
// one `multiple` ack covers all up to the oldest publish that still waits.
class ConfirmTracker {
 public:
  struct Ack {
    std::uint64_t sequence;
    bool multiple;
    bool nack;
    friend bool operator==(const Ack&, const Ack&) = default;
  };

  bool enabled() const { return enabled_; }
  void enable() { enabled_ = true; }

  // The next publish is safe now: kept nowhere, or nowhere that has to last.
  void confirm_next() { settled_.push_back({next_++, /*nack=*/false}); }
  // The next publish is safe once the storage is durable up to `position`.
  void confirm_next_at(Position position) { waiting_.push_back({next_++, position, false}); }
  // The next publish was refused.
  void refuse_next() { settled_.push_back({next_++, /*nack=*/true}); }
  // The next publish was refused, and is kept where such are: told once that is safe.
  void refuse_next_at(Position position) { waiting_.push_back({next_++, position, true}); }

  // The storage will never be durable that far: what waits for it is refused.
  void refuse_waiting();

  // Whether anything waits for the storage.
  bool waiting() const { return !waiting_.empty(); }

  // Appends to `acks` what can be answered, given that the storage is durable up to
  // `durable`, and forgets it.
  void collect(Position durable, std::vector<Ack>& acks);

 private:
  struct Waiting {
    std::uint64_t sequence;
    Position position;
    bool nack;
  };
  struct Settled {
    std::uint64_t sequence;
    bool nack;
  };

  bool enabled_ = false;
  std::uint64_t next_ = 1;
  std::deque<Waiting> waiting_;   // in order of sequence, and so of position
  std::vector<Settled> settled_;  // answered by the next collect()
};

}  // namespace bb::broker
