#include "correlation/walk.h"

#include <unordered_set>
#include <utility>

#include "base/assert.h"

namespace bb::correlation {

Walk::Walk(Uuid start, Direction direction, WalkLimits limits)
    : start_(start), direction_(direction), limits_(limits) {
  BB_ASSERT(direction != Direction::kLineage);
}

void Walk::reach() {
  const bool up = direction_ != Direction::kDescendants;
  const bool down = direction_ != Direction::kAncestors;
  reached_.clear();
  depth_limited_ = size_limited_ = false;
  std::unordered_set<Uuid, UuidHash> seen{start_};
  reached_.push_back({start_, 0});
  const auto go = [&](const Uuid& id, std::uint32_t depth) {
    if (seen.contains(id)) return;
    if (depth > limits_.depth_max) {
      depth_limited_ = true;
    } else if (reached_.size() >= limits_.events_max) {
      size_limited_ = true;
    } else {
      seen.insert(id);
      reached_.push_back({id, depth});
    }
  };
  for (std::size_t i = 0; i < reached_.size(); ++i) {
    const Reached from = reached_[i];
    const auto known = known_.find(from.id);
    if (known == known_.end()) continue;
    const Neighbours& near = known->second.neighbours;
    if (up && near.link) {
      for (const Uuid& parent : near.link->parents) go(parent, from.depth + 1);
    }
    if (down) {
      for (const Uuid& child : near.children) go(child, from.depth + 1);
    }
  }
}

std::vector<Uuid> Walk::wanted() {
  reach();
  std::vector<Uuid> ids;
  for (const Reached& event : reached_) {
    Entry& entry = known_[event.id];
    if (std::exchange(entry.looked_up, true)) continue;
    entry.neighbours.id = event.id;
    ids.push_back(event.id);
  }
  return ids;
}

void Walk::found(Neighbours neighbours) {
  Entry& entry = known_[neighbours.id];
  entry.neighbours = std::move(neighbours);
  entry.looked_up = true;
}

std::size_t Walk::room() const {
  return limits_.events_max - std::min(limits_.events_max, known_.size());
}

std::vector<FoundEvent> Walk::events() const {
  std::vector<FoundEvent> events;
  events.reserve(reached_.size());
  for (const Reached& event : reached_) {
    events.push_back({known_.at(event.id).neighbours, event.depth});
  }
  return events;
}

Graph make_graph(const Walk& walk) {
  Graph graph = make_graph(walk.events());
  graph.depth_limited = walk.depth_limited();
  graph.size_limited = walk.size_limited();
  return graph;
}

Graph make_graph(const Walk& up, const Walk& down) {
  std::vector<FoundEvent> events = up.events();
  std::unordered_map<Uuid, std::size_t, UuidHash> place;
  for (std::size_t i = 0; i < events.size(); ++i) place.emplace(events[i].neighbours.id, i);
  for (FoundEvent& event : down.events()) {
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
  Graph graph = make_graph(events);
  graph.depth_limited = up.depth_limited() || down.depth_limited();
  graph.size_limited = up.size_limited() || down.size_limited();
  return graph;
}

}  // namespace bb::correlation
