#include "cli/event_route.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "amqp/topic_match.h"

namespace bb::cli {
namespace {

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
      if (binding.source != name || client::is_kept_of(binding.destination, name)) continue;
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

}  // namespace bb::cli
