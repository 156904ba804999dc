#include "broker/consumer_list.h"

#include "base/assert.h"

namespace bb::broker {

ConsumerList::~ConsumerList() {
  while (remove_first() != nullptr) {
  }
}

void ConsumerList::add(Consumer& consumer, std::int64_t priority, bool exclusive) {
  BB_ASSERT(accepts(exclusive));
  consumer.priority_ = priority;
  everyone_.push_back(consumer);
  ++size_;
  ++lines_[priority].members;
  has_exclusive_ = exclusive;
  stand_in_line(consumer);
  if (single_active_ && active_ == nullptr) take_over();
}

void ConsumerList::remove(Consumer& consumer) {
  BB_ASSERT(consumer.everyone_.is_linked());
  everyone_.erase(everyone_.iterator_to(consumer));
  --size_;
  has_exclusive_ = false;  // it was alone
  if (consumer.line_.is_linked()) leave_line(consumer);
  const auto line = lines_.find(consumer.priority_);
  if (--line->second.members == 0) lines_.erase(line);
  if (active_ == &consumer) take_over();
}

Consumer* ConsumerList::remove_first() {
  if (everyone_.empty()) return nullptr;
  Consumer& first = everyone_.front();
  remove(first);
  return &first;
}

void ConsumerList::resume(Consumer& consumer) {
  if (!single_active_) {
    if (!consumer.line_.is_linked()) stand_in_line(consumer);
  } else if (active_ == &consumer) {
    ready_count_ = 1;
  }
}

Consumer* ConsumerList::next() {
  if (single_active_) {
    if (ready_count_ == 0 || active_->can_take()) return ready_count_ == 0 ? nullptr : active_;
    ready_count_ = 0;
    return nullptr;
  }
  if (ready_count_ == 0) return nullptr;
  for (auto& [priority, line] : lines_) {
    while (!line.waiting.empty()) {
      Consumer& first = line.waiting.front();
      if (first.can_take()) {
        line.waiting.splice(line.waiting.end(), line.waiting, line.waiting.begin());
        return &first;
      }
      leave_line(first);
    }
  }
  return nullptr;
}

void ConsumerList::stand_in_line(Consumer& consumer) {
  line_of(consumer).waiting.push_back(consumer);
  if (!single_active_) ++ready_count_;
}

void ConsumerList::leave_line(Consumer& consumer) {
  auto& waiting = line_of(consumer).waiting;
  waiting.erase(waiting.iterator_to(consumer));
  if (!single_active_) --ready_count_;
}

void ConsumerList::take_over() {
  active_ = nullptr;
  ready_count_ = 0;
  for (auto& [priority, line] : lines_) {
    if (line.waiting.empty()) continue;
    active_ = &line.waiting.front();
    ready_count_ = 1;
    leave_line(*active_);
    return;
  }
}

}  // namespace bb::broker
