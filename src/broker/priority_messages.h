// The messages that wait in a queue with priorities: higher ones first, in order within one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "broker/message_list.h"

namespace bb::broker {

// A MessageList for each priority that a message has had. Without priorities it is the one of 0.
// https://www.rabbitmq.com/priority.html. Not thread-safe.
class PriorityMessages {
 public:
  // `context` outlives it.
  explicit PriorityMessages(BrokerContext& context) : context_(context), lowest_(context) {}

  // As those of MessageList. QueuedMessage::priority says where one belongs.
  void push(QueuedMessage message) { list_of(message.priority).push(std::move(message)); }
  std::optional<QueuedMessage> pop();
  const QueuedMessage* front();
  void put_back(QueuedMessage message) { list_of(message.priority).put_back(std::move(message)); }

  // In the order of delivery.
  void for_each(const std::function<void(const QueuedMessage&)>& visit) const;
  void clear();

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  std::uint64_t body_bytes() const;
  // All came in the order in which they stand.
  bool in_order_of_arrival() const { return higher_.empty(); }

 private:
  MessageList& list_of(std::uint8_t priority) {
    return priority == 0 ? lowest_ : higher_.try_emplace(priority, context_).first->second;
  }

  BrokerContext& context_;
  std::map<std::uint8_t, MessageList, std::greater<>> higher_;
  MessageList lowest_;
};

}  // namespace bb::broker
