#include "correlation/graph.h"

#include <algorithm>
#include <array>
#include <limits>
#include <queue>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "correlation/uuid_map.h"

namespace bb::correlation {
namespace {

using Index = std::uint32_t;
constexpr Index kNone = std::numeric_limits<Index>::max();

constexpr std::array<std::string_view, 4> kDirections{"ancestors", "descendants", "lineage",
                                                      "connected"};

std::vector<Graph::Edge> edges_of(std::span<const FoundEvent> found) {
  UuidMap<Index> place;
  place.reserve(found.size());
  for (Index i = 0; i < found.size(); ++i) place.emplace(found[i].neighbours.id, i);
  std::vector<Graph::Edge> edges;
  const auto add = [&](const Uuid& parent, const Uuid& child) {
    const auto from = place.find(parent);
    const auto to = place.find(child);
    if (from != place.end() && to != place.end()) edges.push_back({from->second, to->second});
  };
  for (const FoundEvent& event : found) {
    const Neighbours& near = event.neighbours;
    if (near.link) {
      for (const Uuid& parent : near.link->parents) add(parent, near.id);
    }
    for (const Uuid& child : near.children) {
      const auto to = place.find(child);
      if (to != place.end() && found[to->second].neighbours.may_come_from(near.id)) {
        add(near.id, child);
      }
    }
  }
  std::ranges::sort(edges);
  const auto doubles = std::ranges::unique(edges);
  edges.erase(doubles.begin(), doubles.end());
  return edges;
}

// The children of each event.
class Adjacency {
 public:
  // `edges` are by parent.
  Adjacency(std::size_t events, std::span<const Graph::Edge> edges) : begin_(events + 1, 0) {
    children_.reserve(edges.size());
    for (const Graph::Edge& edge : edges) {
      ++begin_[edge.parent + 1];
      children_.push_back(edge.child);
    }
    for (std::size_t i = 1; i <= events; ++i) begin_[i] += begin_[i - 1];
  }

  std::size_t size() const { return begin_.size() - 1; }
  std::span<const Index> operator[](Index event) const {
    return std::span(children_).subspan(begin_[event], begin_[event + 1] - begin_[event]);
  }

 private:
  std::vector<std::size_t> begin_;
  std::vector<Index> children_;
};

// Tarjan's algorithm with a stack of its own: a chain may be as deep as the graph is large.
// https://doi.org/10.1137/0201010
class Components {
 public:
  explicit Components(const Adjacency& children)
      : children_(children), order_(children.size(), kNone), low_(children.size()) {
    component_.assign(children.size(), kNone);
    for (Index i = 0; i < children.size(); ++i) {
      if (order_[i] == kNone) visit(i);
    }
  }

  const std::vector<Index>& of() const { return component_; }  // by event
  Index count() const { return count_; }

 private:
  struct Frame {
    Index event;
    std::size_t next;  // child
  };

  void enter(Index event) {
    order_[event] = low_[event] = visited_++;
    open_.push_back(event);
    frames_.push_back({event, 0});
  }

  void visit(Index root) {
    enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const Index event = frame.event;
      if (frame.next < children_[event].size()) {
        const Index child = children_[event][frame.next++];
        if (order_[child] == kNone) {
          enter(child);
        } else if (component_[child] == kNone) {
          low_[event] = std::min(low_[event], order_[child]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        Index& low = low_[frames_.back().event];
        low = std::min(low, low_[event]);
      }
      if (low_[event] == order_[event]) close(event);
    }
  }

  void close(Index event) {
    for (Index member = kNone; member != event;) {
      member = open_.back();
      open_.pop_back();
      component_[member] = count_;
    }
    ++count_;
  }

  const Adjacency& children_;
  std::vector<Index> order_;
  std::vector<Index> low_;
  std::vector<Index> component_;
  std::vector<Index> open_;
  std::vector<Frame> frames_;
  Index visited_ = 0;
  Index count_ = 0;
};

// What comes first where causes leave a choice. What has no record was caused by nothing known.
using Rank = std::tuple<Timestamp, Uuid, Index>;

Rank rank_of(const FoundEvent& event, Index index) {
  const auto& link = event.neighbours.link;
  return {link ? link->created_at : Timestamp::min(), event.neighbours.id, index};
}

// Kahn's algorithm over the components.
std::vector<Index> parents_first(std::span<const FoundEvent> found, const Adjacency& children,
                                 const Components& components) {
  const std::vector<Index>& component = components.of();
  // Of each component, its members from one place on, by rank.
  std::vector<std::pair<Index, Rank>> members(found.size());
  std::vector<std::size_t> waits_for(components.count(), 0);
  for (Index i = 0; i < found.size(); ++i) {
    members[i] = {component[i], rank_of(found[i], i)};
    for (const Index child : children[i]) {
      if (component[child] != component[i]) ++waits_for[component[child]];
    }
  }
  std::ranges::sort(members);
  std::vector<std::size_t> begin(components.count() + 1, members.size());
  for (std::size_t i = members.size(); i > 0; --i) begin[members[i - 1].first] = i - 1;

  using Entry = std::pair<Rank, Index>;  // of its first member, component
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (Index c = 0; c < components.count(); ++c) {
    if (waits_for[c] == 0) ready.push({members[begin[c]].second, c});
  }
  std::vector<Index> order;
  order.reserve(found.size());
  while (!ready.empty()) {
    const Index c = ready.top().second;
    ready.pop();
    const auto own = std::span(members).subspan(begin[c], begin[c + 1] - begin[c]);
    for (const auto& member : own) order.push_back(std::get<Index>(member.second));
    for (const auto& member : own) {
      for (const Index child : children[std::get<Index>(member.second)]) {
        const Index other = component[child];
        if (other != c && --waits_for[other] == 0) {
          ready.push({members[begin[other]].second, other});
        }
      }
    }
  }
  return order;
}

}  // namespace

std::string_view to_string(Direction direction) {
  return kDirections[static_cast<std::size_t>(direction)];
}

std::optional<Direction> parse_direction(std::string_view name) {
  const auto* const found = std::ranges::find(kDirections, name);
  if (found == kDirections.end()) return std::nullopt;
  return static_cast<Direction>(found - kDirections.begin());
}

Graph make_graph(std::vector<FoundEvent> found) {
  const std::vector<Graph::Edge> edges = edges_of(found);
  const Adjacency children(found.size(), edges);
  const Components components(children);
  const std::vector<Index> order = parents_first(found, children, components);

  Graph graph;
  std::vector<Index> place(found.size());
  graph.events.reserve(found.size());
  for (const Index from : order) {
    place[from] = static_cast<Index>(graph.events.size());
    FoundEvent& event = found[from];
    graph.events.push_back({event.neighbours.id, event.depth, std::move(event.neighbours.link)});
  }
  std::vector<bool> is_cycle(components.count(), false);
  std::vector<std::size_t> sizes(components.count(), 0);
  for (const Index c : components.of()) is_cycle[c] = ++sizes[c] > 1;
  for (const Graph::Edge& edge : edges) {
    graph.edges.push_back({place[edge.parent], place[edge.child]});
    if (edge.parent == edge.child) is_cycle[components.of()[edge.parent]] = true;
  }
  std::ranges::sort(graph.edges);
  std::unordered_map<Index, std::size_t> cycle_of;  // component to its place in `cycles`
  for (const Index from : order) {
    const Index c = components.of()[from];
    if (!is_cycle[c]) continue;
    const auto [known, is_new] = cycle_of.emplace(c, graph.cycles.size());
    if (is_new) graph.cycles.emplace_back();
    graph.cycles[known->second].push_back(place[from]);
  }
  return graph;
}

}  // namespace bb::correlation
