#include "cli/broker_topology.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "cli/json_value.h"
#include "cli/resource.h"
#include "client/service_names.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

double growth_of(const json::object& queue) {
  const json::value* const rate = find_member(queue, "messages_details.rate");
  return rate != nullptr && rate->is_number() ? rate->to_number<double>() : 0;
}

template <class T>
const T* find_named(const std::vector<T>& list, std::string_view name) {
  const auto found = std::ranges::find(list, name, &T::name);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const TopologyExchange* BrokerTopology::find_exchange(std::string_view name) const {
  return find_named(exchanges, name);
}

const TopologyQueue* BrokerTopology::find_queue(std::string_view name) const {
  return find_named(queues, name);
}

BrokerTopology read_topology(const json::array& exchanges, const json::array& bindings,
                             const json::array& queues) {
  BrokerTopology topology;
  for (const json::value& each : exchanges) {
    const json::object& exchange = each.get_object();
    topology.exchanges.push_back({text_at(exchange, "name"), text_at(exchange, "type"),
                                  text_at(exchange, "arguments.alternate-exchange")});
  }
  for (const json::value& each : bindings) {
    const json::object& binding = each.get_object();
    std::string source = text_at(binding, "source");
    if (source.empty()) continue;
    topology.bindings.push_back({std::move(source), text_at(binding, "destination"),
                                 text_at(binding, "destination_type") == "exchange",
                                 text_at(binding, "routing_key"), arguments_of(binding)});
  }
  for (const json::value& each : queues) {
    const json::object& queue = each.get_object();
    topology.queues.push_back({text_at(queue, "name"), text_at(queue, "type"),
                               number_at(queue, "messages"), number_at(queue, "consumers"),
                               growth_of(queue)});
  }
  std::ranges::sort(topology.exchanges, {}, &TopologyExchange::name);
  std::ranges::sort(topology.queues, {}, &TopologyQueue::name);
  std::ranges::sort(topology.bindings, [](const TopologyBinding& a, const TopologyBinding& b) {
    return std::tie(a.source, a.key, a.destination, a.to_exchange, a.arguments) <
           std::tie(b.source, b.key, b.destination, b.to_exchange, b.arguments);
  });
  return topology;
}

Result<BrokerTopology> fetch_topology(ManagementSession& session) {
  BB_TRY_ASSIGN(const json::array exchanges, fetch_records(exchange_resource(), session, false));
  BB_TRY_ASSIGN(const json::array bindings, fetch_records(binding_resource(), session, false));
  BB_TRY_ASSIGN(const json::array queues, fetch_records(queue_resource(), session, false));
  return read_topology(exchanges, bindings, queues);
}

std::string service_of(std::string_view queue, std::string_view exchange) {
  if (client::side_queue_of(queue) || client::is_kept_of(queue, exchange) ||
      !queue.starts_with(exchange))
    return "";
  queue.remove_prefix(exchange.size());
  if (queue.size() < 2 || queue.front() != '.') return "";
  return std::string(queue.substr(1));
}

}  // namespace bb::cli
