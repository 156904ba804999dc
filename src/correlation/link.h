// What caused an event: the record that is kept of it.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "bloodbank/uuid.h"

namespace bb::correlation {

struct Link {
  Link() = default;  // no aggregates: g++ 12 destroys those of a co_await expression twice
  Link(Uuid child_id, std::vector<Uuid> parent_ids, Timestamp created = {},
       RawJson object = RawJson("{}"))
      : child(child_id),
        parents(std::move(parent_ids)),
        created_at(created),
        metadata(std::move(object)) {}

  Uuid child;
  std::vector<Uuid> parents;  // in the order of the envelope, each once
  Timestamp created_at{};     // when it was first recorded
  RawJson metadata = "{}";    // an object

  friend bool operator==(const Link&, const Link&) = default;
};

// What is known of an event: its own record, if there is one, and what it caused, in any order.
struct Neighbours {
  Neighbours() = default;
  explicit Neighbours(Uuid event_id) : id(event_id) {}

  Uuid id;
  std::optional<Link> link;
  std::vector<Uuid> children;

  bool known() const { return link || !children.empty(); }
  // False: its record names other causes now. Redis leaves a child with its former parents.
  bool may_come_from(const Uuid& parent) const {
    return !link || std::ranges::find(link->parents, parent) != link->parents.end();
  }
};

// Both together: the parents of `known`, then those of `more` that it does not have; the metadata
// of both, where both have a member that of `more`; created_at of `known`.
Link merge(const Link& known, const Link& more);

// Whether `text` is a JSON object, as metadata is.
bool is_metadata(std::string_view text);

}  // namespace bb::correlation
