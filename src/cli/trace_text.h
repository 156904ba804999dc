// Traces as text for a person: a tree, and bars on a time axis.
#pragma once

#include <cstddef>
#include <string>

#include "cli/terminal.h"
#include "cli/trace.h"

namespace bb::cli {

struct TraceTextOptions {
  Terminal terminal;      // lines are cut at its width, where it has one
  bool payloads = false;  // whole ones, below their events
  bool full_ids = false;
};

// A line for each event: the tree with its type, time, time since the event it stands below,
// source, id, and what it says.
std::string render_tree(const Trace& trace, const TraceTextOptions& options);

// A bar for each event, from its cause to itself: how long that step took. Events whose time is not
// known have none.
std::string render_timeline(const Trace& trace, const TraceTextOptions& options);

}  // namespace bb::cli
