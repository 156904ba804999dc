// The arguments that queues have, and which values of them are taken.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "amqp/field_table.h"

namespace bb::broker {

// Which types of queue have an argument: a bit for each QueueType.
enum QueueTypes : unsigned { kClassicQueues = 1, kQuorumQueues = 2, kStreams = 4 };

struct QueueArgument {
  std::string_view name;
  unsigned types;
  // Why the value is refused, in RabbitMQ's words; empty when it is fine. `arguments` are all of
  // them: some depend on each other.
  std::string (*check)(const amqp::FieldValue& value, const amqp::FieldTable& arguments);
};

// In the order in which RabbitMQ looks at them: it decides which of several errors is told. The
// first one is x-queue-type.
std::span<const QueueArgument> queue_arguments();

// "12h": a number and one of Y M D h m s. Nothing for anything else, nor for more than fits.
std::optional<std::chrono::milliseconds> parse_age(std::string_view age);

}  // namespace bb::broker
