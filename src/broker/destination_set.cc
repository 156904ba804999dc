#include "broker/destination_set.h"

#include "base/assert.h"

namespace bb::broker {

void DestinationSet::add(Queue* queue) {
  const auto [slot, is_new] = slots_.try_emplace(queue, Slot{queues_.size(), 0});
  if (is_new) queues_.push_back(queue);
  ++slot->second.bindings;
}

void DestinationSet::remove(Queue* queue) {
  const auto slot = slots_.find(queue);
  BB_ASSERT(slot != slots_.end());
  if (--slot->second.bindings > 0) return;
  const std::size_t index = slot->second.index;
  slots_.erase(slot);
  if (Queue* const last = queues_.back(); last != queue) {
    queues_[index] = last;
    slots_.find(last)->second.index = index;
  }
  queues_.pop_back();
}

}  // namespace bb::broker
