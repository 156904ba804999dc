// Which bindings an event that no queue received nearly matches, for the error that says so.
#pragma once

#include <optional>
#include <string>

#include "cli/broker_topology.h"

namespace bb::cli {

// Asks the management API once, for at most a second, and only if nobody has to be asked for a
// password. Blocks meanwhile. Not thread-safe.
class NearBindingFinder {
 public:
  // `url_flag` is --url, where it was given.
  NearBindingFinder(std::optional<std::string> url_flag, std::string exchange)
      : url_flag_(std::move(url_flag)), exchange_(std::move(exchange)) {}

  // near_bindings_text() of those nearest to the event type; "" where there are none, or the API
  // does not answer.
  std::string find(const std::string& event_type);

 private:
  std::optional<std::string> url_flag_;
  std::string exchange_;
  std::optional<BrokerTopology> topology_;  // its bindings; once it was asked for
};

}  // namespace bb::cli
