// A walk along links, apart from where they are kept.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "correlation/graph.h"
#include "correlation/link.h"
#include "correlation/uuid_hash.h"

namespace bb::correlation {

// Says what has to be looked up next, as many events at once as can be; is given what was found,
// and more than that where the one who looks it up goes ahead. Breadth first: what the limits leave
// out is what is furthest.
//
//   Walk walk(id, Direction::kAncestors, limits);
//   for (auto wanted = walk.wanted(); !wanted.empty(); wanted = walk.wanted()) {
//     for (Neighbours& found : look_up(wanted)) walk.found(std::move(found));
//   }
class Walk {
 public:
  // Not kLineage, which is two walks: see make_graph() below.
  Walk(Uuid start, Direction direction, WalkLimits limits);

  // Events that are within the limits and were not found yet, nearest first; empty at the end.
  // Those that were asked for once are asked for no more, so answer for all of them.
  std::vector<Uuid> wanted();
  // Of ancestors the record is enough; of descendants, their record and children.
  void found(Neighbours neighbours);

  // How many more events the limits have room for.
  std::size_t room() const;
  Direction direction() const { return direction_; }
  const WalkLimits& limits() const { return limits_; }

  // After the last of wanted(). Nearest first.
  std::vector<FoundEvent> events() const;
  bool depth_limited() const { return depth_limited_; }
  bool size_limited() const { return size_limited_; }

 private:
  struct Entry {
    Neighbours neighbours;
    bool looked_up = false;
  };
  struct Reached {
    Uuid id;
    std::uint32_t depth;
  };
  // From the start again, as far as is known: what came ahead may have made some events nearer.
  void reach();

  Uuid start_;
  Direction direction_;
  WalkLimits limits_;
  std::unordered_map<Uuid, Entry, UuidHash> known_;
  std::vector<Reached> reached_;
  bool depth_limited_ = false;
  bool size_limited_ = false;
};

// The graph of a walk that has come to its end.
Graph make_graph(const Walk& walk);
// Of two from the same event.
Graph make_graph(const Walk& up, const Walk& down);

}  // namespace bb::correlation
