// Events by short names, so that a case reads as a sentence.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "correlation/graph.h"
#include "correlation/link.h"

namespace bb::correlation {

// The event of that name, of any version 5 id.
inline Uuid event_named(std::string_view name) {
  return Uuid::v5(kNamespaceOid, name);
}

// Names that were turned into events, to be turned back.
class Names {
 public:
  Uuid operator[](std::string_view name) {
    const Uuid id = event_named(name);
    known_.emplace(id, name);
    return id;
  }
  std::string of(const Uuid& id) const {
    const auto known = known_.find(id);
    return known == known_.end() ? id.to_string() : known->second;
  }

  std::vector<Uuid> ids(std::string_view words) {
    std::vector<Uuid> list;
    while (!words.empty()) {
      const std::size_t end = std::min(words.find(' '), words.size());
      if (end > 0) list.push_back((*this)[words.substr(0, end)]);
      words.remove_prefix(std::min(end + 1, words.size()));
    }
    return list;
  }
  // "b", "a c": a and c caused b.
  Link link(std::string_view child, std::string_view parents, std::int64_t created_s = 0) {
    return {(*this)[child], ids(parents), Timestamp(std::chrono::seconds(created_s))};
  }

  // The events of a graph in its order: "a b c".
  std::string events(const Graph& graph) const {
    std::string text;
    for (const GraphEvent& event : graph.events) text += (text.empty() ? "" : " ") + of(event.id);
    return text;
  }
  // "a>b a>c", in the order of the names.
  std::string edges(const Graph& graph) const {
    std::vector<std::string> names;
    for (const Graph::Edge& edge : graph.edges) {
      names.push_back(of(graph.events[edge.parent].id) + ">" + of(graph.events[edge.child].id));
    }
    return sorted(names);
  }
  std::string sorted(std::vector<std::string> names) const {
    std::ranges::sort(names);
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }
  std::string sorted(const std::vector<Uuid>& ids) const {
    std::vector<std::string> names;
    for (const Uuid& id : ids) names.push_back(of(id));
    return sorted(std::move(names));
  }

 private:
  std::map<Uuid, std::string> known_;
};

}  // namespace bb::correlation
