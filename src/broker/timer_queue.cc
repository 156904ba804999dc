#include "broker/timer_queue.h"

#include <utility>

#include "base/assert.h"

namespace bb::broker {

TimerQueue::~TimerQueue() {
  BB_ASSERT(timers_.empty());
}

void TimerQueue::set(Timer& timer, TimePoint due) {
  cancel(timer);
  timer.due_ = due;
  timer.number_ = ++last_number_;
  const auto place = timers_.insert(timer);
  if (place != timers_.begin() || !told_) return;
  const auto told = std::exchange(told_, nullptr);
  told();
}

void TimerQueue::cancel(Timer& timer) {
  if (timer.is_set()) timers_.erase(timers_.iterator_to(timer));
}

std::optional<TimePoint> TimerQueue::next() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->due_;
}

void TimerQueue::run(TimePoint now, std::size_t count_max) {
  const std::uint64_t last_number = last_number_;
  for (; count_max > 0 && !timers_.empty() && timers_.begin()->due_ <= now; --count_max) {
    Timer& timer = *timers_.begin();
    // Timers of one time stand in the order in which they were set.
    if (timer.number_ > last_number) return;
    timers_.erase(timers_.begin());
    timer.on_time();
  }
}

void TimerQueue::watch(std::function<void()> told) {
  told_ = std::move(told);
}

}  // namespace bb::broker
