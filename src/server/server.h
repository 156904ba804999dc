// `bb serve`: the broker core behind sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "bloodbank/result.h"
#include "broker/options.h"
#include "broker/validation_policy.h"
#include "server/event_validator.h"

namespace bb::server {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 5672;  // 0: any free one
  // Publishers are held back while the disk has less left, or messages in memory take more.
  std::uint64_t disk_free_min_bytes = 50'000'000;  // RabbitMQ's disk_free_limit
  std::optional<std::uint64_t> memory_max_bytes;   // default: 40% of the machine's
  // Of the core; what is named elsewhere here does not count. Fewer connections where the process
  // may not have so many files open.
  broker::Options limits;
  bool repair = false;  // go on with a damaged log, without what is damaged
  // Of the management API, on the same host; 0: any free one; nullopt: none.
  std::optional<std::uint16_t> http_port = 8682;
  std::string data_dir;  // made if missing; holds the lock that keeps a second server out
  std::string events_exchange = "bloodbank.events.v1";  // declared at start: topic, durable
  // What is asked of what is published to it; nothing set: what its arguments say.
  std::optional<broker::ValidationPolicy> events_validation;
  // What is kept of it for those who look back; nullopt: nothing from now on.
  std::optional<broker::HistoryLimits> events_history = broker::HistoryLimits{};
  // Whether it is kept what caused them; from the history, so only where there is one.
  bool correlation = true;
  std::chrono::seconds correlation_ttl = std::chrono::hours(30 * 24);
  // For exchanges that validate. Called at the start where `events_validation` needs it, else when
  // the first event is to be checked.
  EventValidator::OpenRepository open_schemas = [] { return schema::SchemaRepository::open({}); };
  // After a stop signal: how long clients get to answer connection.close.
  std::chrono::milliseconds shutdown_grace{2000};
};

struct Listening {
  std::string host;
  std::uint16_t port = 0;
  std::optional<std::uint16_t> http_port;
};

// Runs the broker on the calling thread until SIGINT or SIGTERM, then closes in
// order: no new connections, consumers are told, confirms in flight are answered, sockets
// closed. A second signal ends it at once. `on_listening` is called once connections are accepted.
// Errors: those of `open_schemas`; kIo when the address cannot be bound (the message says by what
// it may be held) or the data directory not be used.
Result<void> run_server(const ServerOptions& options,
                        const std::function<void(const Listening&)>& on_listening);

}  // namespace bb::server
