// Links and graphs as JSON: what the HTTP API answers, and what `bb trace -o json` prints.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "correlation/graph.h"

namespace bb::correlation {

// {"event_id", "parents", "created_at", "metadata"}; the last three are null without a record.
// Nothing of the metadata is reprinted.
std::string write_link_json(const Uuid& event, const std::optional<Link>& link);
Result<Link> read_link_json(std::string_view json);

// {"event_id", "link": null or as above, "children": [ids]}.
std::string write_neighbours_json(const Neighbours& near);
Result<Neighbours> read_neighbours_json(std::string_view json);

// {"event_id", "direction", "events": [{"event_id", "depth", "parents", "created_at", "metadata"}],
// "edges": [{"parent", "child"}] by ids, "cycles": [[ids]], "depth_limited", "size_limited"}.
// `event_of` gives the JSON of an event as its member "event"; "" leaves that out.
std::string write_graph_json(const Uuid& start, Direction direction, const Graph& graph,
                             const std::function<std::string_view(const Uuid&)>& event_of = {});
Result<Graph> read_graph_json(std::string_view json);

}  // namespace bb::correlation
