// What led to an event and what came of it: the answer to every question about several links.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "correlation/link.h"

namespace bb::correlation {

enum class Direction : std::uint8_t {
  kAncestors,    // what caused it, and what caused that
  kDescendants,  // what it caused
  kLineage,      // both
  kConnected,    // whatever links lead to, up and down and up again
};

// "ancestors", "descendants", "lineage", "connected".
std::string_view to_string(Direction direction);
std::optional<Direction> parse_direction(std::string_view name);

struct WalkLimits {
  WalkLimits() = default;
  WalkLimits(std::uint32_t depth, std::size_t events) : depth_max(depth), events_max(events) {}

  std::uint32_t depth_max = 100;    // links from the event where the walk begins
  std::size_t events_max = 10'000;  // with that one
};

struct GraphEvent {
  Uuid id;
  std::uint32_t depth = 0;   // the fewest links from where the walk began
  std::optional<Link> link;  // its own record: none of one that nothing caused, or that ran out
};

// A graph by the places of its events.
struct Graph {
  struct Edge {
    std::uint32_t parent = 0;
    std::uint32_t child = 0;

    friend auto operator<=>(const Edge&, const Edge&) = default;
  };

  // Parents before their children; those of a cycle one after the other, the one that was recorded
  // first before the others. Where that leaves a choice, by created_at, then by id.
  std::vector<GraphEvent> events;
  std::vector<Edge> edges;  // by parent, then by child
  // Events of which each is among its own causes, as places in `events`; one entry for each set of
  // them that hang together. Sane publishers make none.
  std::vector<std::vector<std::uint32_t>> cycles;
  // There is more beyond the limits.
  bool depth_limited = false;
  bool size_limited = false;

  // False: nothing is known of the event that was asked for, which is then the only one.
  bool known() const {
    return events.size() > 1 || (!events.empty() && events[0].link) || !edges.empty();
  }
};

// What was found of an event on the way.
struct FoundEvent {
  Neighbours neighbours;
  std::uint32_t depth = 0;
};

// Puts what was found into order. Each event comes once; links to others are left out.
Graph make_graph(std::vector<FoundEvent> found);

}  // namespace bb::correlation
