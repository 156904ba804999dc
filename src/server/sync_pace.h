// When the next sync begins, and whether it is worth a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>

namespace bb::server {

// A sync costs about the same for one event and for a hundred. It learns from how events arrive:
//
//   Events that keep coming while a sync is under way will come whatever is confirmed when: the
//   next sync waits a little for more of them. Publishers that wait for their confirms bring no
//   more however long it waits, and the wait shrinks to what they need to answer.
//
//   One publisher that has one event confirmed after the other, with nobody receiving, has nothing
//   to gain from a loop that goes on beside the sync, and loses two changes of threads.
//
// Not thread-safe; reads no clock.
class SyncPace {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Duration = Clock::duration;

  static constexpr Duration kWaitMax = std::chrono::milliseconds(1);
  // So much is worth a sync whatever else comes.
  static constexpr std::uint64_t kEnoughBytes = 64 << 10;

  // A sync begins. The counts are the broker's, of all times. True: it may run where it was asked
  // for, in the loop.
  bool begin(Time now, std::uint64_t published, std::uint64_t delivered);
  // It has ended, and there is more to sync, or 0: how long to wait for yet more. Then arrived()
  // for what comes, and waited() when the wait is over.
  Duration end(Time now, std::uint64_t more_bytes);
  void arrived(Time now) { last_arrival_ = now; }
  // `enough`: the wait was cut short by how much came.
  void waited(Time now, bool enough);

 private:
  Time began_;
  Time ended_;
  Duration took_{};
  std::uint64_t published_ = 0;
  std::uint64_t delivered_ = 0;
  int one_by_one_ = 0;  // syncs in a row, each of one event that the confirm before it brought

  Duration wait_ = kWaitMax;
  Duration waiting_{};
  unsigned waits_ = 0;
  Time wait_began_;
  Time last_arrival_;
};

}  // namespace bb::server
