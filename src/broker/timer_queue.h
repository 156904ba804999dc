// What is to happen later: each timer once, at the time that it was set to.
#pragma once

#include <boost/intrusive/set.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"

namespace bb::broker {

// Something that waits for its time, in at most one TimerQueue.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Its time has come; it is in no queue any more. May set it again, and may destroy it.
  virtual void on_time() = 0;
  bool is_set() const { return hook_.is_linked(); }
  // While it is set.
  TimePoint due() const { return due_; }

 protected:
  virtual ~Timer() = default;

 private:
  friend class TimerQueue;

  boost::intrusive::set_member_hook<> hook_;
  TimePoint due_{};
  std::uint64_t number_ = 0;  // rises with each set()
};

// Timers in the order of their times. Setting and cancelling cost the logarithm of their number and
// no memory. Does not own them; a timer is cancelled before it is destroyed.
class TimerQueue {
 public:
  TimerQueue() = default;
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // In place of the time that it was set to before.
  void set(Timer& timer, TimePoint due);
  void cancel(Timer& timer);

  // When run() is due; nothing: never.
  std::optional<TimePoint> next() const;
  // Runs what is due, at most `count_max` of it, and not what it sets itself: more may be due
  // afterwards.
  void run(TimePoint now, std::size_t count_max);

  // `told` is called when a timer is set that is due before all others, once until the next call
  // of watch(). From within any call into the broker: only take note.
  void watch(std::function<void()> told);

 private:
  struct Due {
    using type = TimePoint;
    const TimePoint& operator()(const Timer& timer) const { return timer.due_; }
  };
  using Hook =
      boost::intrusive::member_hook<Timer, boost::intrusive::set_member_hook<>, &Timer::hook_>;

  boost::intrusive::multiset<Timer, Hook, boost::intrusive::key_of_value<Due>> timers_;
  std::uint64_t last_number_ = 0;
  std::function<void()> told_;
};

}  // namespace bb::broker
