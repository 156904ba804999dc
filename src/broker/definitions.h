// Everything about a broker but its messages, as RabbitMQ exports and imports it
// (https://www.rabbitmq.com/definitions.html): users with the hashes of their passwords, vhosts,
// permissions, exchanges, queues and bindings.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "broker/broker.h"

namespace bb::broker {

// Without exclusive queues and what every vhost has. Of one vhost, if one is named: its exchanges,
// queues and bindings, which then do not say of which vhost they are. kNotFound: no such vhost.
Result<boost::json::object> export_definitions(Broker& broker,
                                               std::optional<std::string_view> vhost = {});

struct ImportedDefinitions {
  // Parts of the document that this broker has no use for, such as "policies". "global_parameters"
  // are not told: what RabbitMQ has there is about its cluster.
  std::vector<std::string> passed_over;
};

// Adds to what is there. Users, permissions and vhosts are given the new contents; an exchange or
// queue that exists stays as it is. Ends at the first definition that cannot be made and says which
// one; what came before it stays.
// Into one vhost, if one is named.
Result<ImportedDefinitions> import_definitions(Broker& broker,
                                               const boost::json::object& definitions,
                                               std::optional<std::string_view> vhost = {});

}  // namespace bb::broker
