#include "broker/priority_messages.h"

#include <utility>

namespace bb::broker {

std::optional<QueuedMessage> PriorityMessages::pop() {
  for (auto& [priority, list] : higher_) {
    if (auto message = list.pop()) {
      message->priority = priority;
      return message;
    }
  }
  return lowest_.pop();
}

const QueuedMessage* PriorityMessages::front() {
  for (auto& [priority, list] : higher_) {
    if (const QueuedMessage* message = list.front()) return message;
  }
  return lowest_.front();
}

void PriorityMessages::for_each(const std::function<void(const QueuedMessage&)>& visit) const {
  for (const auto& [priority, list] : higher_) list.for_each(visit);
  lowest_.for_each(visit);
}

void PriorityMessages::clear() {
  for (auto& [priority, list] : higher_) list.clear();
  lowest_.clear();
}

std::size_t PriorityMessages::size() const {
  std::size_t size = lowest_.size();
  for (const auto& [priority, list] : higher_) size += list.size();
  return size;
}

std::uint64_t PriorityMessages::body_bytes() const {
  std::uint64_t bytes = lowest_.body_bytes();
  for (const auto& [priority, list] : higher_) bytes += list.body_bytes();
  return bytes;
}

}  // namespace bb::broker
