#include "broker/unacked_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace bb::broker {

void UnackedList::add(Unacked unacked) {
  BB_ASSERT(unacked.queue);
  BB_ASSERT(entries_.empty() || entries_.back().delivery_tag < unacked.delivery_tag);
  entries_.push_back(std::move(unacked));
}

std::deque<Unacked>::iterator UnackedList::find(std::uint64_t delivery_tag) {
  if (!entries_.empty() && entries_.front().delivery_tag == delivery_tag) return entries_.begin();
  const auto place = std::lower_bound(
      entries_.begin(), entries_.end(), delivery_tag,
      [](const Unacked& entry, std::uint64_t tag) { return entry.delivery_tag < tag; });
  if (place == entries_.end() || place->delivery_tag != delivery_tag || !place->queue) {
    return entries_.end();
  }
  return place;
}

std::optional<Unacked> UnackedList::take(std::uint64_t delivery_tag) {
  const auto place = find(delivery_tag);
  if (place == entries_.end()) return std::nullopt;
  Unacked taken = std::move(*place);
  place->queue.reset();
  place->message.message.reset();
  ++taken_;
  trim();
  return taken;
}

std::optional<std::vector<Unacked>> UnackedList::take_up_to(std::uint64_t delivery_tag) {
  if (delivery_tag == 0) return take_all();
  const auto last = find(delivery_tag);
  if (last == entries_.end()) return std::nullopt;
  std::vector<Unacked> taken;
  for (auto entry = entries_.begin(); entry != last + 1; ++entry) {
    if (entry->queue) {
      taken.push_back(std::move(*entry));
    } else {
      --taken_;
    }
  }
  entries_.erase(entries_.begin(), last + 1);
  trim();
  return taken;
}

std::vector<Unacked> UnackedList::take_all() {
  std::vector<Unacked> taken;
  taken.reserve(size());
  for (Unacked& entry : entries_) {
    if (entry.queue) taken.push_back(std::move(entry));
  }
  entries_.clear();
  taken_ = 0;
  return taken;
}

void UnackedList::put_back(std::vector<Unacked> taken) {
  std::erase_if(entries_, [](const Unacked& entry) { return !entry.queue; });
  taken_ = 0;
  std::ranges::move(taken, std::back_inserter(entries_));
  std::ranges::sort(entries_, {}, &Unacked::delivery_tag);
}

// Keeps the front an entry that is really there, and the gaps fewer than the entries.
void UnackedList::trim() {
  while (!entries_.empty() && !entries_.front().queue) {
    entries_.pop_front();
    --taken_;
  }
  if (taken_ <= entries_.size() / 2) return;
  std::erase_if(entries_, [](const Unacked& entry) { return !entry.queue; });
  taken_ = 0;
}

}  // namespace bb::broker
