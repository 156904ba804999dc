#include "broker/stored_queues.h"

#include <algorithm>
#include <utility>

namespace bb::broker {
namespace {

// Marks a message as settled: its place is kept, so that the others can be searched.
constexpr std::uint64_t kSettled = UINT64_MAX;

}  // namespace

void StoredQueues::add(QueueId queue, const QueuedMessage& message) {
  queues_[queue].messages.push_back(message);
}

QueuedMessage* StoredQueues::find(Queue& queue, Position position) {
  const auto begin = queue.messages.begin() + static_cast<std::ptrdiff_t>(queue.first);
  // Most of what is settled is the first.
  const auto place = begin != queue.messages.end() && begin->position == position
                         ? begin
                         : std::lower_bound(begin, queue.messages.end(), position,
                                            [](const QueuedMessage& message, Position wanted) {
                                              return message.position < wanted;
                                            });
  if (place == queue.messages.end() || place->position != position) return nullptr;
  return place->sequence == kSettled ? nullptr : &*place;
}

void StoredQueues::settle(QueueId id, Position position) {
  const auto found = queues_.find(id);
  if (found == queues_.end()) return;
  Queue& queue = found->second;
  QueuedMessage* const message = find(queue, position);
  if (message == nullptr) return;
  message->sequence = kSettled;
  while (queue.first < queue.messages.size() && queue.messages[queue.first].sequence == kSettled) {
    ++queue.first;
  }
  if (queue.first == queue.messages.size()) {
    queue.messages.clear();
    queue.first = 0;
  } else if (queue.first > 4096 && queue.first > queue.messages.size() / 2) {
    queue.messages.erase(queue.messages.begin(),
                         queue.messages.begin() + static_cast<std::ptrdiff_t>(queue.first));
    queue.first = 0;
  }
}

void StoredQueues::requeued(QueueId id, Position position, std::uint32_t delivery_count) {
  const auto found = queues_.find(id);
  if (found == queues_.end()) return;
  if (QueuedMessage* const message = find(found->second, position)) {
    message->delivery_count = delivery_count;
    message->redelivered = true;
  }
}

void StoredQueues::delivered(QueueId id, Position position) {
  const auto found = queues_.find(id);
  if (found == queues_.end()) return;
  found->second.delivered = std::max(found->second.delivered, position);
}

std::map<QueueId, std::vector<QueuedMessage>> StoredQueues::take() {
  std::map<QueueId, std::vector<QueuedMessage>> left;
  for (auto& [id, queue] : queues_) {
    std::erase_if(queue.messages,
                  [](const QueuedMessage& message) { return message.sequence == kSettled; });
    for (QueuedMessage& message : queue.messages) {
      if (message.position <= queue.delivered) message.redelivered = true;
    }
    if (!queue.messages.empty()) left.emplace(id, std::move(queue.messages));
  }
  queues_.clear();
  return left;
}

}  // namespace bb::broker
