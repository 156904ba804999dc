#include "correlation/graph_json.h"

#include <fmt/format.h>

#include <charconv>
#include <span>
#include <unordered_map>

#include "base/try.h"
#include "correlation/uuid_hash.h"
#include "event/json_cursor.h"

namespace bb::correlation {
namespace {

std::string quoted(const Uuid& id) {
  return '"' + id.to_string() + '"';
}

std::string list_of(std::span<const Uuid> ids) {
  std::string list = "[";
  for (const Uuid& id : ids) {
    if (list.size() > 1) list += ',';
    list += quoted(id);
  }
  return list + ']';
}

// The members of a link, without braces.
std::string link_members(const Uuid& event, const std::optional<Link>& link) {
  if (!link) {
    return fmt::format(R"("event_id":{},"parents":null,"created_at":null,"metadata":null)",
                       quoted(event));
  }
  return fmt::format(R"("event_id":{},"parents":{},"created_at":"{}","metadata":{})", quoted(event),
                     list_of(link->parents), format_rfc3339(link->created_at), link->metadata);
}

std::unexpected<Error> unexpected_form() {
  return fail(ErrorCode::kInvalidJson, "the answer has not the form of links");
}

Result<Uuid> read_id(std::string_view value) {
  if (event::json_kind(value) != event::JsonKind::kString) return unexpected_form();
  const auto id = Uuid::parse(event::string_text(value));
  if (!id) return unexpected_form();
  return *id;
}

Result<std::vector<Uuid>> read_ids(std::string_view value) {
  if (event::json_kind(value) != event::JsonKind::kArray) return unexpected_form();
  std::vector<Uuid> ids;
  event::JsonElements elements(value);
  while (const auto element = elements.next()) {
    BB_TRY_ASSIGN(const Uuid id, read_id(*element));
    ids.push_back(id);
  }
  return ids;
}

// Calls `use` with the name and the value of each member of an object.
template <class Use>
Result<void> for_each_member(std::string_view object, Use use) {
  if (event::json_kind(object) != event::JsonKind::kObject) return unexpected_form();
  event::JsonMembers members(object);
  while (const auto member = members.next()) BB_TRY(use(member->name, member->value));
  return {};
}

template <class Use>
Result<void> for_each_element(std::string_view array, Use use) {
  if (event::json_kind(array) != event::JsonKind::kArray) return unexpected_form();
  event::JsonElements elements(array);
  while (const auto element = elements.next()) BB_TRY(use(*element));
  return {};
}

bool is_null(std::string_view value) {
  return event::json_kind(value) == event::JsonKind::kNull;
}

// What write_graph_json() says of one event; of a link as well, but for the depth.
Result<GraphEvent> read_event(std::string_view object) {
  GraphEvent event;
  Link link;
  bool recorded = false;
  const auto read =
      for_each_member(object, [&](std::string_view name, std::string_view value) -> Result<void> {
        if (name == "event_id") {
          BB_TRY_ASSIGN(event.id, read_id(value));
        } else if (name == "depth") {
          std::from_chars(value.data(), value.data() + value.size(), event.depth);
        } else if (name == "parents" && !is_null(value)) {
          BB_TRY_ASSIGN(link.parents, read_ids(value));
          recorded = true;
        } else if (name == "created_at" && !is_null(value)) {
          if (event::json_kind(value) != event::JsonKind::kString) return unexpected_form();
          BB_TRY_ASSIGN(link.created_at, parse_rfc3339(event::string_text(value)));
        } else if (name == "metadata" && !is_null(value)) {
          link.metadata = value;
        }
        return {};
      });
  if (!read) return fail(read.error());
  link.child = event.id;
  if (recorded) event.link = std::move(link);
  return event;
}

Result<void> check(std::string_view json) {
  if (!check_json(json)) return unexpected_form();
  return {};
}

// Ids to places in a graph.
class Places {
 public:
  explicit Places(const Graph& graph) {
    for (const GraphEvent& event : graph.events) {
      places_.emplace(event.id, static_cast<std::uint32_t>(places_.size()));
    }
  }
  Result<std::uint32_t> read(std::string_view value) const {
    BB_TRY_ASSIGN(const Uuid id, read_id(value));
    const auto found = places_.find(id);
    if (found == places_.end()) return unexpected_form();
    return found->second;
  }

 private:
  std::unordered_map<Uuid, std::uint32_t, UuidHash> places_;
};

Result<void> read_edges(std::string_view array, const Places& places, Graph& graph) {
  return for_each_element(array, [&](std::string_view object) -> Result<void> {
    Graph::Edge edge;
    const auto read =
        for_each_member(object, [&](std::string_view name, std::string_view id) -> Result<void> {
          if (name != "parent" && name != "child") return {};
          BB_TRY_ASSIGN((name == "parent" ? edge.parent : edge.child), places.read(id));
          return {};
        });
    if (!read) return read;
    graph.edges.push_back(edge);
    return {};
  });
}

Result<void> read_cycles(std::string_view array, const Places& places, Graph& graph) {
  return for_each_element(array, [&](std::string_view ids) -> Result<void> {
    auto& cycle = graph.cycles.emplace_back();
    return for_each_element(ids, [&](std::string_view id) -> Result<void> {
      BB_TRY_ASSIGN(const std::uint32_t place, places.read(id));
      cycle.push_back(place);
      return {};
    });
  });
}

}  // namespace

std::string write_link_json(const Uuid& event, const std::optional<Link>& link) {
  return '{' + link_members(event, link) + '}';
}

Result<Link> read_link_json(std::string_view json) {
  BB_TRY(check(json));
  BB_TRY_ASSIGN(GraphEvent event, read_event(json));
  if (!event.link) return unexpected_form();
  return *std::move(event.link);
}

std::string write_neighbours_json(const Neighbours& near) {
  return fmt::format(R"({{"event_id":{},"link":{},"children":{}}})", quoted(near.id),
                     near.link ? write_link_json(near.id, near.link) : "null",
                     list_of(near.children));
}

Result<Neighbours> read_neighbours_json(std::string_view json) {
  BB_TRY(check(json));
  Neighbours near;
  const auto read =
      for_each_member(json, [&](std::string_view name, std::string_view value) -> Result<void> {
        if (name == "event_id") {
          BB_TRY_ASSIGN(near.id, read_id(value));
        } else if (name == "link" && !is_null(value)) {
          BB_TRY_ASSIGN(GraphEvent event, read_event(value));
          near.link = std::move(event.link);
        } else if (name == "children") {
          BB_TRY_ASSIGN(near.children, read_ids(value));
        }
        return {};
      });
  if (!read) return fail(read.error());
  return near;
}

std::string write_graph_json(const Uuid& start, Direction direction, const Graph& graph,
                             const std::function<std::string_view(const Uuid&)>& event_of) {
  std::string json = fmt::format(R"({{"event_id":{},"direction":"{}","events":[)", quoted(start),
                                 to_string(direction));
  for (const GraphEvent& event : graph.events) {
    if (json.back() != '[') json += ',';
    json += '{';
    json += link_members(event.id, event.link);
    json += fmt::format(R"(,"depth":{})", event.depth);
    if (event_of) {
      if (const std::string_view text = event_of(event.id); !text.empty()) {
        json += ",\"event\":";
        json += text;
      }
    }
    json += '}';
  }
  json += "],\"edges\":[";
  for (const Graph::Edge& edge : graph.edges) {
    if (json.back() != '[') json += ',';
    json += fmt::format(R"({{"parent":{},"child":{}}})", quoted(graph.events[edge.parent].id),
                        quoted(graph.events[edge.child].id));
  }
  json += "],\"cycles\":[";
  for (const auto& cycle : graph.cycles) {
    if (json.back() != '[') json += ',';
    std::vector<Uuid> ids;
    for (const std::uint32_t place : cycle) ids.push_back(graph.events[place].id);
    json += list_of(ids);
  }
  json += fmt::format(R"(],"depth_limited":{},"size_limited":{}}})", graph.depth_limited,
                      graph.size_limited);
  return json;
}

Result<Graph> read_graph_json(std::string_view json) {
  BB_TRY(check(json));
  Graph graph;
  std::string_view edges = "[]";
  std::string_view cycles = "[]";
  const auto read =
      for_each_member(json, [&](std::string_view name, std::string_view value) -> Result<void> {
        if (name == "events") {
          return for_each_element(value, [&](std::string_view object) -> Result<void> {
            BB_TRY_ASSIGN(GraphEvent event, read_event(object));
            graph.events.push_back(std::move(event));
            return {};
          });
        }
        if (name == "edges") edges = value;
        if (name == "cycles") cycles = value;
        if (name == "depth_limited") graph.depth_limited = value == "true";
        if (name == "size_limited") graph.size_limited = value == "true";
        return {};
      });
  if (!read) return fail(read.error());
  const Places places(graph);
  BB_TRY(read_edges(edges, places, graph));
  BB_TRY(read_cycles(cycles, places, graph));
  return graph;
}

}  // namespace bb::correlation
