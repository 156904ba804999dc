// Which deliveries of a channel are to be acknowledged, in as few acks as can say it.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace bb::client {

// Not thread-safe.
class AckWindow {
 public:
  struct Ack {
    std::uint64_t delivery_tag;
    bool multiple;

    friend bool operator==(const Ack&, const Ack&) = default;
  };

  // Tags come in ascending order.
  void delivered(std::uint64_t delivery_tag) { entries_.push_back({delivery_tag, State::kWaits}); }
  // To be acknowledged. True if it is the first since the last take().
  bool done(std::uint64_t delivery_tag);
  // What says all that was done since the last call: one for all up to the oldest that is not done,
  // and one each for those behind it.
  std::vector<Ack> take();

 private:
  enum class State : std::uint8_t { kWaits, kDone, kTold };
  struct Entry {
    std::uint64_t tag;
    State state;
  };

  std::deque<Entry> entries_;        // from the oldest that waits, or is done and not told
  std::vector<std::uint64_t> done_;  // since the last take()
};

}  // namespace bb::client
