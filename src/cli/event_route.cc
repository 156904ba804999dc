#include "cli/event_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "amqp/topic_match.h"
#include "cli/topic_distance.h"

namespace bb::cli {
namespace {

constexpr std::size_t kNearMax = 3;
// Ways that are told for one queue.
constexpr std::size_t kWaysMax = 20;

bool takes(const TopologyExchange& exchange, const TopologyBinding& binding, std::string_view key) {
  if (exchange.type == "topic") return amqp::topic_matches(binding.key, key);
  if (exchange.type == "direct") return binding.key == key;
  if (exchange.type == "fanout") return true;
  // Events have no headers that anybody binds to: only what asks for none takes them.
  return exchange.type == "headers" &&
         (binding.arguments.empty() || binding.arguments == "x-match=all" ||
          binding.arguments == "x-match=all-with-x");
}

class Router {
 public:
  Router(const BrokerTopology& topology, std::string_view key) : topology_(topology), key_(key) {}

  void leave(const std::string& name, const std::vector<RouteStep>& before) {
    const TopologyExchange* const exchange = topology_.find_exchange(name);
    if (exchange == nullptr || !left_.insert(name).second) return;
    if (name.empty()) {
      if (topology_.find_queue(key_) != nullptr)
        reach(std::string(key_), step(before, name, nullptr));
      return;
    }
    bool found = false;
    for (const TopologyBinding& binding : topology_.bindings) {
      if (binding.source != name || is_kept_of(binding.destination, name)) continue;
      if (!takes(*exchange, binding, key_)) continue;
      found = true;
      const auto way = step(before, name, &binding);
      if (binding.to_exchange) {
        leave(binding.destination, way);
      } else {
        reach(binding.destination, way);
      }
    }
    if (!found && !exchange->alternate.empty()) {
      leave(exchange->alternate, step(before, name, nullptr));
    }
  }

  std::vector<QueueRoute> take() && {
    std::vector<QueueRoute> routes;
    for (auto& [name, route] : routes_) routes.push_back(std::move(route));
    return routes;
  }

 private:
  static std::vector<RouteStep> step(std::vector<RouteStep> before, const std::string& exchange,
                                     const TopologyBinding* binding) {
    before.push_back({exchange, binding});
    return before;
  }

  void reach(const std::string& queue, std::vector<RouteStep> way) {
    QueueRoute& route = routes_[queue];
    route.queue = topology_.find_queue(queue);
    route.queue_name = queue;
    if (route.ways.size() < kWaysMax) route.ways.push_back(std::move(way));
  }

  const BrokerTopology& topology_;
  std::string_view key_;
  std::set<std::string> left_;
  std::map<std::string, QueueRoute> routes_;
};

}  // namespace

std::vector<QueueRoute> find_routes(const BrokerTopology& topology, const std::string& exchange,
                                    std::string_view key) {
  Router router(topology, key);
  router.leave(exchange, {});
  return std::move(router).take();
}

std::vector<NearBinding> find_near_bindings(const BrokerTopology& topology,
                                            const std::string& exchange, std::string_view key) {
  // From exchange to exchange, whatever is bound between them.
  std::set<std::string> reached{exchange};
  std::vector<std::string> next{exchange};
  // The nearest of each queue.
  std::map<std::string, std::pair<std::size_t, std::string>> nearest;
  while (!next.empty()) {
    const std::string source = std::move(next.back());
    next.pop_back();
    for (const TopologyBinding& binding : topology.bindings) {
      if (binding.source != source || is_kept_of(binding.destination, source)) continue;
      if (binding.to_exchange) {
        if (reached.insert(binding.destination).second) next.push_back(binding.destination);
        continue;
      }
      const std::size_t distance = topic_distance(binding.key, key);
      if (distance == 0 || distance > kNearTopicMax) continue;
      const auto [at, is_new] = nearest.try_emplace(binding.destination, distance, binding.key);
      // Of two that are as near, the one that says more.
      const bool is_nearer = std::pair(distance, at->second.second.size()) <
                             std::pair(at->second.first, binding.key.size());
      if (!is_new && is_nearer) at->second = {distance, binding.key};
    }
  }
  std::vector<std::pair<std::size_t, NearBinding>> sorted;
  for (auto& [queue, found] : nearest) {
    sorted.push_back({found.first, {queue, std::move(found.second)}});
  }
  std::ranges::stable_sort(sorted, {}, [](const auto& each) { return each.first; });
  if (sorted.size() > kNearMax) sorted.resize(kNearMax);
  std::vector<NearBinding> near;
  for (auto& each : sorted) near.push_back(std::move(each.second));
  return near;
}

std::string near_bindings_text(const std::vector<NearBinding>& near) {
  std::string text;
  for (const NearBinding& each : near) {
    text += fmt::format("{}the queue {} by {}", text.empty() ? "" : ", ", quoted_name(each.queue),
                        quoted_name(each.pattern));
  }
  return text;
}

}  // namespace bb::cli
