// What `bb services` tells of a service: its registration, its queue, its health.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/health_poll.h"
#include "registry/service_rules.h"

namespace bb::cli {

// Of a queue, as far as its broker tells.
struct QueueFigures {
  std::optional<std::int64_t> messages;  // waiting, and with consumers
  std::optional<std::int64_t> ready;
  std::optional<std::int64_t> unacked;
  std::optional<std::int64_t> consumers;
  std::optional<double> ack_rate;                 // events a second
  std::optional<double> deliver_rate;             // the same
  std::optional<std::int64_t> lag_ms;             // since the first that waits was published
  std::optional<std::int64_t> oldest_unacked_ms;  // since it was given to its consumer
};

// `queue` as a management API has it. RabbitMQ tells the first message's own timestamp, in seconds,
// if it has one, and nothing about when what is unacknowledged was delivered: `wall_ms` is now.
QueueFigures figures_of(const boost::json::object& queue, std::int64_t wall_ms);

struct ListedService {
  registry::Service service;
  std::optional<QueueFigures> queue;  // nullopt: not known, or no such queue
  bool queue_missing = false;
  const std::map<std::string, Health>* health = nullptr;  // by URL; nullptr: nobody was asked
};

boost::json::object to_json(const ListedService& listed);

// "ok", "1/2 ok", "failing", "" where there is nothing to say.
std::string health_text(const ListedService& listed);

// "2/3": how many of its instances run.
std::string running_text(const registry::Service& service);

// A table, a line for each service.
std::string render_services(const std::vector<ListedService>& services, bool with_vhost,
                            bool colour);
// All about one, and a table of its instances.
std::string render_service(const ListedService& listed, bool colour);

}  // namespace bb::cli
