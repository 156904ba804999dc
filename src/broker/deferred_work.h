// What has to wait until nobody is in the middle of a queue.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace bb::broker {

// Pieces of work, in the order in which they were added. Running one may add more, so a cascade
// (a dead letter that makes another one) costs no stack.
class DeferredWork {
 public:
  using Work = std::function<void()>;

  void add(Work work) { waiting_.push_back(std::move(work)); }
  bool empty() const { return waiting_.empty(); }

  // At most `count_max` pieces: more may wait afterwards. Does nothing from within itself.
  void run(std::size_t count_max) {
    if (std::exchange(running_, true)) return;
    for (; count_max > 0 && !waiting_.empty(); --count_max) {
      const Work work = std::move(waiting_.front());
      waiting_.pop_front();
      work();
    }
    running_ = false;
  }
  void clear() { waiting_.clear(); }

 private:
  std::deque<Work> waiting_;
  bool running_ = false;
};

}  // namespace bb::broker
