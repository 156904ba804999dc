// What `bb topology` shows: exchanges, what leaves them, the queues it leads to and their services,
// with what a service has beside its queue folded into it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/broker_topology.h"

namespace bb::cli {

struct QueueNode {
  std::string name;
  std::string type;
  std::string service;  // "" where it is none's
  std::int64_t messages = 0;
  std::int64_t consumers = 0;
  double growth = 0;              // messages in a second, where that is measured
  bool has_dead_letters = false;  // the queue for them
  std::int64_t dead_letters = 0;
  std::int64_t waiting = 0;  // in delay queues, for their next attempt
  bool is_kept = false;      // what the broker keeps for an exchange: history, quarantine
};

struct BindingNode {
  std::string label;  // the pattern, "" for all, or a headers exchange's arguments
  std::string target;
  bool to_exchange = false;
};

struct ExchangeNode {
  std::string name;
  std::string type;
  std::string alternate;
  bool has_history = false;
  std::vector<BindingNode> bindings;
};

struct TopologyWarning {
  std::string kind;  // "no-consumers", "unknown-event-type"
  std::string subject;
  std::string text;
};

struct TopologyView {
  std::vector<ExchangeNode> exchanges;  // that lead somewhere, or are not the broker's own
  std::vector<QueueNode> queues;
  std::vector<std::string> unbound;  // of the queues
  std::vector<TopologyWarning> warnings;

  const QueueNode* find_queue(std::string_view name) const;
};

// Services are those of `events_exchange`. Without warnings.
TopologyView make_topology_view(const BrokerTopology& topology, const std::string& events_exchange);

// Queues that hold messages and that nobody consumes. With the counts of another look, before, it
// says by how much they grew; `earlier` may be empty.
std::vector<TopologyWarning> warn_of_orphans(const TopologyView& view,
                                             std::span<const TopologyQueue> earlier);

// Patterns of `events_exchange` that take none of `event_types`: nothing will ever come by them.
std::vector<TopologyWarning> warn_of_patterns(const BrokerTopology& topology,
                                              const std::string& events_exchange,
                                              std::span<const std::string> event_types);

// Each ends with a line break; names are escaped as the format needs it.
std::string topology_text(const TopologyView& view);
std::string topology_dot(const TopologyView& view);      // Graphviz
std::string topology_mermaid(const TopologyView& view);  // https://mermaid.js.org, a flowchart
std::string topology_json(const TopologyView& view);     // warnings too

}  // namespace bb::cli
