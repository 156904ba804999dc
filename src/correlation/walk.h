// A walk along links, apart from where they are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "correlation/graph.h"
#include "correlation/link.h"
#include "correlation/uuid_map.h"

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
  // The same, as far as it is known without looking over all of them again: may be empty before the
  // end. For those who ask for some while others are under way.
  std::vector<Uuid> wanted_soon();
  // Of ancestors the record is enough; of descendants, their record and children.
  void found(Neighbours neighbours);

  Direction direction() const { return direction_; }
  const WalkLimits& limits() const { return limits_; }

  // After the last of wanted(), once. Nearest first.
  std::vector<FoundEvent> take_events();
  bool depth_limited() const { return depth_limited_; }
  bool size_limited() const { return size_limited_; }

 private:
  struct Entry {
    explicit Entry(const Uuid& event) : neighbours(event) {}

    Neighbours neighbours;
    std::uint32_t depth = UINT32_MAX;  // by the shortest way that is known so far
    bool looked_up = false;
    bool pending = false;     // in `pending_`
    std::uint32_t round = 0;  // of reach(), the last that came here
  };
  struct Reached {
    Entry* entry;
    std::uint32_t depth;
  };
  Entry* find(const Uuid& event) const;
  Entry& get(const Uuid& event);
  // From the start again, as far as is known: what came late may have made some events nearer.
  void reach();
  template <class Visit>
  void for_each_neighbour(const Neighbours& near, Visit visit) const;
  void note(const Uuid& event, std::uint32_t depth);

  Uuid start_;
  Direction direction_;
  WalkLimits limits_;
  std::deque<Entry> entries_;  // they stay where they are
  UuidMap<Entry*> known_;
  std::vector<Entry*> pending_;  // to be asked for next
  std::vector<Reached> reached_;
  std::uint32_t round_ = 0;
  bool depth_limited_ = false;
  bool size_limited_ = false;
};

// The graph of a walk that has come to its end.
Graph make_graph(Walk&& walk);
// Of two from the same event.
Graph make_graph(Walk&& up, Walk&& down);

}  // namespace bb::correlation
