#include "server/queue_totals.h"

#include <algorithm>

namespace bb::server {

UnackedByQueue::UnackedByQueue(const broker::Broker& broker) {
  for (const broker::Connection* connection : broker.connections()) {
    for (const auto& [number, channel] : connection->channels()) {
      channel->for_each_unacked(
          // What a reader of a stream holds is in the stream all the same.
          [&](const broker::Unacked& unacked) {
            if (unacked.queue->is_stream()) return;
            Unsettled& unsettled = queues_[unacked.queue->id()];
            ++unsettled.count;
            unsettled.oldest = std::min(unsettled.oldest, unacked.delivered_at);
          });
    }
  }
}

std::uint64_t UnackedByQueue::operator[](const broker::Queue& queue) const {
  const auto found = queues_.find(queue.id());
  return found == queues_.end() ? 0 : found->second.count;
}

std::optional<TimePoint> UnackedByQueue::oldest(const broker::Queue& queue) const {
  const auto found = queues_.find(queue.id());
  if (found == queues_.end()) return std::nullopt;
  return found->second.oldest;
}

ObjectTotals ObjectTotals::of(const broker::Broker& broker) {
  ObjectTotals totals;
  const UnackedByQueue unacked(broker);
  for (const auto& [name, vhost] : broker.vhosts()) {
    totals.bindings += vhost->binding_count();
    vhost->for_each_exchange([&](const broker::Exchange&) { ++totals.exchanges; });
    vhost->for_each_queue([&](const broker::Queue& queue) {
      ++totals.queues;
      totals.consumers += queue.consumer_count();
      totals.messages.add(queue, unacked);
    });
  }
  for (const broker::Connection* connection : broker.connections()) {
    if (!connection->running()) continue;
    ++totals.connections;
    totals.channels += connection->channels().size();
  }
  return totals;
}

}  // namespace bb::server
