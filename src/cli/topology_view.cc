#include "cli/topology_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "amqp/topic_distance.h"
#include "amqp/topic_match.h"
#include "cli/history_range.h"
#include "client/service_names.h"

namespace bb::cli {
namespace {

bool is_brokers_own(std::string_view exchange) {
  return exchange.empty() || exchange.starts_with("amq.");
}

std::string label_of(const TopologyBinding& binding) {
  if (binding.arguments.empty()) return binding.key;
  return binding.key.empty() ? binding.arguments
                             : fmt::format("{} {}", binding.key, binding.arguments);
}

bool is_kept(std::string_view queue, const BrokerTopology& topology) {
  return std::ranges::any_of(topology.exchanges, [&](const TopologyExchange& exchange) {
    return client::is_kept_of(queue, exchange.name);
  });
}

}  // namespace

const QueueNode* TopologyView::find_queue(std::string_view name) const {
  const auto found = std::ranges::find(queues, name, &QueueNode::name);
  return found == queues.end() ? nullptr : &*found;
}

TopologyView make_topology_view(const BrokerTopology& topology,
                                const std::string& events_exchange) {
  TopologyView view;
  std::map<std::string, QueueNode> nodes;
  for (const TopologyQueue& queue : topology.queues) {
    QueueNode node;
    node.name = queue.name;
    node.type = queue.type;
    node.service = service_of(queue.name, events_exchange);
    node.messages = queue.messages;
    node.consumers = queue.consumers;
    node.growth = queue.growth;
    node.is_kept = is_kept(queue.name, topology);
    nodes.emplace(queue.name, std::move(node));
  }
  std::set<std::string> bound;
  for (const TopologyBinding& binding : topology.bindings) {
    if (!binding.to_exchange) bound.insert(binding.destination);
  }
  // Folded into their owner, unless somebody bound them.
  for (const TopologyQueue& queue : topology.queues) {
    const auto side = client::side_queue_of(queue.name);
    if (!side || bound.contains(queue.name)) continue;
    const auto owner = nodes.find(side->owner);
    if (owner == nodes.end()) continue;
    if (side->is_dead_letters) {
      owner->second.has_dead_letters = true;
      owner->second.dead_letters += queue.messages;
    } else {
      owner->second.waiting += queue.messages;
    }
    nodes.erase(queue.name);
  }
  for (const TopologyExchange& exchange : topology.exchanges) {
    ExchangeNode node{exchange.name, exchange.type, exchange.alternate, false, {}};
    node.has_history = topology.find_queue(history_queue(exchange.name)) != nullptr;
    for (const TopologyBinding& binding : topology.bindings) {
      if (binding.source != exchange.name) continue;
      if (!binding.to_exchange && client::is_kept_of(binding.destination, exchange.name)) continue;
      node.bindings.push_back({label_of(binding), binding.destination, binding.to_exchange});
    }
    if (!node.bindings.empty() || !is_brokers_own(exchange.name)) {
      view.exchanges.push_back(std::move(node));
    }
  }
  for (auto& [name, node] : nodes) {
    if (!bound.contains(name) && !node.is_kept) view.unbound.push_back(name);
    view.queues.push_back(std::move(node));
  }
  return view;
}

std::vector<TopologyWarning> warn_of_orphans(const TopologyView& view,
                                             std::span<const TopologyQueue> earlier) {
  std::vector<TopologyWarning> warnings;
  for (const QueueNode& queue : view.queues) {
    // Nobody consumes a stream that is kept to look back at, nor lone dead letters.
    if (queue.consumers > 0 || queue.messages == 0 || queue.is_kept || queue.type == "stream" ||
        client::side_queue_of(queue.name)) {
      continue;
    }
    const auto before = std::ranges::find(earlier, queue.name, &TopologyQueue::name);
    const std::int64_t more = before == earlier.end() ? 0 : queue.messages - before->messages;
    std::string text = fmt::format("the queue {} has no consumers and {}", quoted_name(queue.name),
                                   count_of(queue.messages, "message"));
    if (more > 0) {
      text += fmt::format(", {} more than at the first look: it grows", more);
    } else if (queue.growth > 0) {
      text += fmt::format(", and grows by {:.1f} in a second", queue.growth);
    }
    if (queue.service.empty()) {
      text += "; 'bb queues delete' removes it if nobody needs it";
    } else {
      text += fmt::format("; start the service {}, or remove its queue with 'bb queues delete'",
                          quoted_name(queue.service));
    }
    warnings.push_back({"no-consumers", queue.name, std::move(text)});
  }
  return warnings;
}

std::vector<TopologyWarning> warn_of_patterns(const BrokerTopology& topology,
                                              const std::string& events_exchange,
                                              std::span<const std::string> event_types) {
  std::vector<TopologyWarning> warnings;
  const TopologyExchange* const exchange = topology.find_exchange(events_exchange);
  if (exchange == nullptr || (exchange->type != "topic" && exchange->type != "direct")) return {};
  for (const TopologyBinding& binding : topology.bindings) {
    if (binding.source != events_exchange) continue;
    const bool takes_one = std::ranges::any_of(event_types, [&](const std::string& type) {
      return exchange->type == "direct" ? binding.key == type
                                        : amqp::topic_matches(binding.key, type);
    });
    if (takes_one) continue;
    std::string text = fmt::format(
        "no known event type matches {}, by which the {} {} is bound", quoted_name(binding.key),
        binding.to_exchange ? "exchange" : "queue", quoted_name(binding.destination));
    // The types nearest to the pattern.
    const std::string* best = nullptr;
    std::size_t best_distance = amqp::kNearTopicMax + 1;
    for (const std::string& type : event_types) {
      const std::size_t distance = amqp::topic_distance(binding.key, type);
      if (distance < best_distance) {
        best = &type;
        best_distance = distance;
      }
    }
    if (best != nullptr) text += fmt::format(" (did you mean {}?)", quoted_name(*best));
    warnings.push_back({"unknown-event-type", binding.key, std::move(text)});
  }
  return warnings;
}

}  // namespace bb::cli
