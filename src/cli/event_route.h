// Where an event goes: through which bindings into which queues.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/broker_topology.h"

namespace bb::cli {

// Exchanges on the way, each left by a binding or, with nullptr, as the alternate of the one
// before.
struct RouteStep {
  std::string exchange;
  const TopologyBinding* binding = nullptr;  // of the topology
};

struct QueueRoute {
  const TopologyQueue* queue = nullptr;  // of the topology; nullptr: it is not listed
  std::string queue_name;
  std::vector<std::vector<RouteStep>> ways;  // why: each would do
};

// The queues that get a message which is published to `exchange` with `key` and without headers, by
// their names; a history is none. Borrows from `topology`. An exchange is left once, as brokers do
// it; of a type that is a plugin's nothing is known, and nothing leaves it.
std::vector<QueueRoute> find_routes(const BrokerTopology& topology, const std::string& exchange,
                                    std::string_view key);

}  // namespace bb::cli
