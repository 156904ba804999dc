#include "broker/destination_set.h"

#include "base/assert.h"

namespace bb::broker {

template <class T>
void CountedSet<T>::add(T* member) {
  const auto [slot, is_new] = slots_.try_emplace(member, Slot{members_.size(), 0});
  if (is_new) members_.push_back(member);
  ++slot->second.times;
}

template <class T>
void CountedSet<T>::remove(T* member) {
  const auto slot = slots_.find(member);
  BB_ASSERT(slot != slots_.end());
  if (--slot->second.times > 0) return;
  const std::size_t index = slot->second.index;
  slots_.erase(slot);
  if (T* const last = members_.back(); last != member) {
    members_[index] = last;
    slots_.find(last)->second.index = index;
  }
  members_.pop_back();
}

void DestinationSet::add(Bound bound) {
  if (Queue* const* queue = std::get_if<Queue*>(&bound)) return queues_.add(*queue);
  if (!exchanges_) exchanges_ = std::make_unique<CountedSet<Exchange>>();
  exchanges_->add(std::get<Exchange*>(bound));
}

void DestinationSet::remove(Bound bound) {
  if (Queue* const* queue = std::get_if<Queue*>(&bound)) return queues_.remove(*queue);
  BB_ASSERT(exchanges_);
  exchanges_->remove(std::get<Exchange*>(bound));
  if (exchanges_->empty()) exchanges_.reset();
}

void DestinationSet::append_exchanges_to(Destinations& to) const {
  to.exchanges.insert(to.exchanges.end(), exchanges_->members().begin(),
                      exchanges_->members().end());
}

}  // namespace bb::broker
