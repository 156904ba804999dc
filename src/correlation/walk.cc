#include "correlation/walk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bb::correlation {

Walk::Walk(Uuid start, Direction direction, WalkLimits limits)
    : start_(start), direction_(direction), limits_(limits) {
  BB_ASSERT(direction != Direction::kLineage);
  note(start, 0);
}

template <class Visit>
void Walk::for_each_neighbour(const Neighbours& near, Visit visit) const {
  if (direction_ != Direction::kDescendants && near.link) {
    for (const Uuid& parent : near.link->parents) visit(parent, false);
  }
  if (direction_ != Direction::kAncestors) {
    for (const Uuid& child : near.children) visit(child, true);
  }
}

Walk::Entry* Walk::find(const Uuid& event) const {
  const auto found = known_.find(event);
  return found == known_.end() ? nullptr : found->second;
}

Walk::Entry& Walk::get(const Uuid& event) {
  const auto [place, is_new] = known_.try_emplace(event, nullptr);
  if (is_new) place->second = &entries_.emplace_back(event);
  return *place->second;
}

void Walk::note(const Uuid& event, std::uint32_t depth) {
  if (depth > limits_.depth_max) return;
  Entry* entry = nullptr;
  if (known_.size() > limits_.events_max) {
    entry = find(event);
    if (entry == nullptr) return;
  } else {
    entry = &get(event);
  }
  entry->depth = std::min(entry->depth, depth);
  if (!entry->looked_up && !std::exchange(entry->pending, true)) pending_.push_back(entry);
}

void Walk::reach() {
  reached_.clear();
  depth_limited_ = size_limited_ = false;
  ++round_;
  const auto come_to = [this](Entry& entry, std::uint32_t depth) {
    entry.round = round_;
    reached_.push_back({&entry, depth});
  };
  come_to(get(start_), 0);
  for (std::size_t i = 0; i < reached_.size(); ++i) {
    const Reached from = reached_[i];
    const Neighbours& near = from.entry->neighbours;
    for_each_neighbour(near, [&](const Uuid& id, bool is_child) {
      Entry* const known = find(id);
      if (known != nullptr && known->round == round_) return;
      if (is_child && known != nullptr && !known->neighbours.may_come_from(near.id)) return;
      if (from.depth >= limits_.depth_max) {
        depth_limited_ = true;
      } else if (reached_.size() >= limits_.events_max) {
        size_limited_ = true;
      } else {
        come_to(known != nullptr ? *known : get(id), from.depth + 1);
      }
    });
  }
}

std::vector<Uuid> Walk::wanted_soon() {
  std::vector<Uuid> ids;
  for (Entry* const entry : std::exchange(pending_, {})) {
    if (!std::exchange(entry->looked_up, true)) ids.push_back(entry->neighbours.id);
  }
  return ids;
}

std::vector<Uuid> Walk::wanted() {
  std::vector<Uuid> ids = wanted_soon();
  if (!ids.empty()) return ids;
  // Nothing that was thought of: those that turned out to be nearer than thought.
  reach();
  for (const Reached& event : reached_) {
    event.entry->depth = event.depth;
    if (!std::exchange(event.entry->looked_up, true)) ids.push_back(event.entry->neighbours.id);
  }
  return ids;
}

void Walk::found(Neighbours neighbours) {
  Entry& entry = get(neighbours.id);
  entry.looked_up = true;
  entry.neighbours = std::move(neighbours);
  if (entry.depth >= limits_.depth_max) return;
  const std::uint32_t depth = entry.depth + 1;
  const Neighbours& near = entry.neighbours;
  for_each_neighbour(near, [&](const Uuid& id, bool) { note(id, depth); });
}

std::vector<FoundEvent> Walk::take_events() {
  std::vector<FoundEvent> events;
  events.reserve(reached_.size());
  for (const Reached& event : reached_) {
    events.push_back({std::move(event.entry->neighbours), event.depth});
  }
  return events;
}

Graph make_graph(Walk&& walk) {
  Graph graph = make_graph(walk.take_events());
  graph.depth_limited = walk.depth_limited();
  graph.size_limited = walk.size_limited();
  return graph;
}

Graph make_graph(Walk&& up, Walk&& down) {
  std::vector<FoundEvent> events = up.take_events();
  UuidMap<std::size_t> place;
  for (std::size_t i = 0; i < events.size(); ++i) place.emplace(events[i].neighbours.id, i);
  for (FoundEvent& event : down.take_events()) {
    const auto known = place.find(event.neighbours.id);
    if (known == place.end()) {
      events.push_back(std::move(event));
    } else {
      // The start, and what a cycle leads to both ways.
      FoundEvent& both = events[known->second];
      both.depth = std::min(both.depth, event.depth);
      if (!both.neighbours.link) both.neighbours.link = std::move(event.neighbours.link);
      both.neighbours.children = std::move(event.neighbours.children);
    }
  }
  Graph graph = make_graph(std::move(events));
  graph.depth_limited = up.depth_limited() || down.depth_limited();
  graph.size_limited = up.size_limited() || down.size_limited();
  return graph;
}

}  // namespace bb::correlation
