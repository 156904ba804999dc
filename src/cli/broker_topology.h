// Exchanges, bindings and queues of a virtual host, as the management API tells them, and where a
// message goes.
#pragma once

#include <boost/json/array.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "cli/management_options.h"
#include "client/near_bindings.h"

namespace bb::cli {

struct TopologyExchange {
  std::string name;       // "" is the default one, which is bound to each queue by its name
  std::string type;       // "topic", "direct", "fanout", "headers", or a plugin's
  std::string alternate;  // gets what finds no way from here; "" is none
};

using TopologyBinding = client::Binding;

struct TopologyQueue {
  std::string name;
  std::string type;
  std::int64_t messages = 0;
  std::int64_t consumers = 0;
  double growth = 0;  // messages in a second, where the broker measures that
};

struct BrokerTopology {
  std::vector<TopologyExchange> exchanges;
  std::vector<TopologyBinding> bindings;  // without those of the default exchange
  std::vector<TopologyQueue> queues;

  const TopologyExchange* find_exchange(std::string_view name) const;
  const TopologyQueue* find_queue(std::string_view name) const;
};

BrokerTopology read_topology(const boost::json::array& exchanges,
                             const boost::json::array& bindings, const boost::json::array& queues);

// Of the session's vhost: three requests.
Result<BrokerTopology> fetch_topology(ManagementSession& session);

// The service whose queue this is: NAME of `<exchange>.NAME`, but for what the broker and services
// have beside their queues. "" where it is none's.
std::string service_of(std::string_view queue, std::string_view exchange);

}  // namespace bb::cli
