// What queues hold, as a replay of the log finds it.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "broker/stored_state.h"

namespace bb::broker {

// Applies what the records say, in their order. Not thread-safe.
class StoredQueues {
 public:
  // Positions of a queue rise.
  void add(QueueId queue, const QueuedMessage& message);
  void settle(QueueId queue, Position position);
  void requeued(QueueId queue, Position position, std::uint32_t delivery_count);
  void delivered(QueueId queue, Position position);
  void forget(QueueId queue) { queues_.erase(queue); }

  // What is left, by queue; empty queues are left out. It is empty afterwards.
  std::map<QueueId, std::vector<QueuedMessage>> take();

 private:
  struct Queue {
    std::vector<QueuedMessage> messages;  // position 0: settled
    std::size_t first = 0;                // of those that may not be settled
    Position delivered = 0;
  };
  static QueuedMessage* find(Queue& queue, Position position);

  std::unordered_map<QueueId, Queue> queues_;
};

}  // namespace bb::broker
