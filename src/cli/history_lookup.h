// Finds events in the history of an exchange, over AMQP: of a broker that has no other way.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "bloodbank/uuid.h"
#include "client/connector.h"

namespace bb::cli {

struct HistoryLookup {
  client::ConnectorOptions connector;
  std::string exchange;
  std::vector<Uuid> events;
  std::optional<Timestamp> since;   // none of them was published before; nullopt: nobody knows
  std::vector<std::string> bodies;  // what was found: of each event, in their order; else ""
};

// Reads the stream "<exchange>.history" until it has found all of them, or to its end. What was
// found by then is there even if it is abandoned. kNotFound: the broker keeps no history. `lookup`
// outlives the coroutine.
boost::asio::awaitable<Result<void>> find_in_history(HistoryLookup& lookup);

}  // namespace bb::cli
