// What the queues beside a service's are called, and which names services therefore cannot have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::client {

// Whether it holds what service's queues have for events that failed: `<queue>.dlq`,
// `<queue>.retry.<ms>`. Gives the queue.
struct SideQueue {
  std::string owner;
  bool is_dead_letters = false;  // else it is a delay queue
};
std::optional<SideQueue> side_queue_of(std::string_view name);

// kUsage: the queue `<exchange>.<service>` would be what the exchange or another service has:
// its history, its quarantine, dead letters, a delay queue. Says why.
Result<void> check_service_name(std::string_view service);

}  // namespace bb::client
