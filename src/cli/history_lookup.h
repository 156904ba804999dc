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
  std::optional<Timestamp> since;   // where to begin; what came before is looked at after that
  std::vector<std::string> bodies;  // what was found: of each event, in their order; else ""
};

// Reads the stream "<exchange>.history" until it has found all of them, or all that is there. What
// was found by then is there even if it is abandoned. Messages with the id of an event that are
// none do not count. kNotFound: the broker keeps no history. `lookup` outlives the coroutine.
boost::asio::awaitable<Result<void>> find_in_history(HistoryLookup& lookup);

}  // namespace bb::cli
