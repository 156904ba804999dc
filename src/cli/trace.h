// What `bb trace` draws: a graph of links, and the events of it as far as somebody has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/envelope.h"
#include "correlation/graph.h"

namespace bb::cli {

class Trace {
 public:
  using Place = std::uint32_t;  // in the graph

  // `bodies`: of each event of the graph, in its order, the message body; "" where nobody has it.
  Trace(Uuid start, correlation::Graph graph, std::vector<std::string> bodies);

  const correlation::Graph& graph() const { return graph_; }
  const Uuid& start() const { return start_; }
  std::size_t size() const { return graph_.events.size(); }
  const Uuid& id(Place event) const { return graph_.events[event].id; }
  bool is_start(Place event) const { return id(event) == start_; }

  // nullptr: it is not known.
  const Envelope* envelope(Place event) const;
  // Its envelope as a text: where it was published as one, that.
  const std::string& body(Place event) const { return bodies_[event]; }
  std::size_t unknown_events() const { return unknown_; }

  // When it happened: by its envelope, else when it was recorded, else what its id says (version
  // 7). Nothing of these: nullopt.
  std::optional<Timestamp> time(Place event) const;
  // Its type, else its id.
  std::string name(Place event) const;
  // The program that emitted it, else the machine; "" where it is not known.
  std::string source(Place event) const;
  // What it says, on one line: a member of the payload that is made for people, else the payload.
  std::string summary(Place event) const;

  const std::vector<Place>& parents(Place event) const { return parents_[event]; }
  // In the order of the graph.
  const std::vector<Place>& children(Place event) const { return children_[event]; }

 private:
  Uuid start_;
  correlation::Graph graph_;
  std::vector<std::string> bodies_;
  std::vector<std::optional<Envelope>> envelopes_;
  std::vector<std::vector<Place>> parents_;
  std::vector<std::vector<Place>> children_;
  std::size_t unknown_ = 0;
};

// A line of the tree: an event below one of its causes.
struct TreeLine {
  Trace::Place event = 0;
  std::optional<Trace::Place> parent;  // the one it stands below
  std::uint32_t depth = 0;
  std::string branch;     // "│  ├─ "
  bool repeated = false;  // it stands elsewhere with what it caused
};

// The tree of a trace, depth first. Each event has one line with what it caused below it: under the
// first cause that comes, and a line that says no more under each other one.
std::vector<TreeLine> tree_of(const Trace& trace);

// "+1.20s", "+35ms", "-3ms", "+2m05s", "+3h20m"; to the microsecond below 10 ms.
std::string format_delta(std::chrono::nanoseconds delta);

}  // namespace bb::cli
