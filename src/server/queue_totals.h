// Counts of messages, for the management API and metrics.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "broker/broker.h"

namespace bb::server {

// What was delivered from each queue and is not settled, and since when the oldest of it is out.
// Looks through all channels once: only what is asked for now and then may cost this, never a
// publish.
class UnackedByQueue {
 public:
  explicit UnackedByQueue(const broker::Broker& broker);
  std::uint64_t operator[](const broker::Queue& queue) const;
  std::optional<TimePoint> oldest(const broker::Queue& queue) const;

 private:
  struct Unsettled {
    std::uint64_t count = 0;
    TimePoint oldest = TimePoint::max();
  };
  std::unordered_map<broker::QueueId, Unsettled> queues_;
};

struct QueueTotals {
  std::uint64_t ready = 0;
  std::uint64_t unacked = 0;

  void add(const broker::Queue& queue, const UnackedByQueue& all_unacked) {
    ready += queue.message_count();
    unacked += all_unacked[queue];
  }
  // "messages", "messages_ready", "messages_unacknowledged"
  void write(boost::json::object& object) const {
    object["messages"] = ready + unacked;
    object["messages_ready"] = ready;
    object["messages_unacknowledged"] = unacked;
  }
};

// Of the whole broker.
struct ObjectTotals {
  std::uint64_t queues = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t bindings = 0;
  std::uint64_t connections = 0;
  std::uint64_t channels = 0;
  std::uint64_t consumers = 0;
  QueueTotals messages;

  static ObjectTotals of(const broker::Broker& broker);
};

}  // namespace bb::server
