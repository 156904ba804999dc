// Sends what waits in a spool to its broker.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "bloodbank/result.h"
#include "client/connection.h"
#include "client/spool.h"

namespace bb::client {

struct DrainReport {
  std::uint64_t published = 0;
  // Set aside: no queue received them, or the broker refused, also by closing the channel.
  std::uint64_t refused = 0;
  std::uint64_t last_number = 0;  // of the entries that are done with
};

// Publishes the entries of `drain` in order until there are none, each with a confirm, forgets each
// once it has that, and closes the drain. On a channel of its own: its confirms are apart.
// `on_progress` is called for each confirm. Fails with the channel's error or the spool's; what was
// not confirmed stays, and `report` counts in that case too. Exchanges are declared (topic,
// durable), but for those in `declared`. `on_published`, if it is not empty, is called with each
// entry that was published. All arguments outlive the coroutine.
boost::asio::awaitable<Result<void>> drain_spool(
    SpoolDrain& drain, Connection& connection, DrainReport& report,
    std::function<void()> on_progress, std::set<std::string> declared = {},
    std::function<void(const SpoolEntry&)> on_published = {});

}  // namespace bb::client
