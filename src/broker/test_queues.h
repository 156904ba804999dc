// For tests: queues by name, for what only needs to tell one from another.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "broker/broker_context.h"
#include "broker/queue.h"
#include "broker/storage.h"

namespace bb::broker {

class TestQueues {
 public:
  // The queue of that name, made when it is asked for first.
  Queue* operator[](const std::string& name) {
    Queue::Ptr& queue = queues_[name];
    if (!queue) queue.reset(new Queue(queues_.size(), name, {}, context_));
    return queue.get();
  }

 private:
  MemoryStorage storage_;
  BrokerContext context_{Options{}, storage_};
  std::map<std::string, Queue::Ptr> queues_;
};

// Sorted; a queue that is there several times is named several times.
inline std::vector<std::string> names_of(std::span<Queue* const> queues) {
  std::vector<std::string> names;
  for (const Queue* queue : queues) names.push_back(queue->name());
  std::ranges::sort(names);
  return names;
}

}  // namespace bb::broker
