#include "broker/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bb::broker {
namespace {

// Arguments that change what happens to messages. docs:
// https://www.rabbitmq.com/queues.html#optional-arguments
constexpr auto kQueueArgumentsNotYet = std::to_array<std::string_view>({
    "x-message-ttl",
    "x-expires",
    "x-max-length",
    "x-max-length-bytes",
    "x-overflow",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-dead-letter-strategy",
    "x-max-priority",
    "x-single-active-consumer",
    "x-delivery-limit",
    "x-max-age",
    "x-stream-max-segment-size-bytes",
});

// Arguments that a redeclaration has to repeat.
constexpr auto kCompared = std::to_array<std::string_view>({"x-queue-type", "x-queue-mode"});

// What RabbitMQ says of an argument that the other side lacks.
std::string value_or_none(const amqp::FieldValue* value) {
  if (value == nullptr) return "none";
  return fmt::format("the value {} of type '{}'", amqp::to_string(*value), amqp::type_name(*value));
}

}  // namespace

std::string describe(std::string_view kind, std::string_view name, std::string_view vhost) {
  return fmt::format("{} '{}' in vhost '{}'", kind, name, vhost);
}

Result<void> check_queue_arguments(const amqp::FieldTable& arguments, std::string_view queue,
                                   std::string_view vhost) {
  for (const auto& [name, value] : arguments.entries()) {
    if (std::ranges::find(kQueueArgumentsNotYet, name) != kQueueArgumentsNotYet.end()) {
      return fail(ErrorCode::kNotImplemented,
                  fmt::format("argument '{}' of {}", name, describe("queue", queue, vhost)));
    }
    if (name != "x-queue-type") continue;
    const std::string* type = value.as_string();
    if (type == nullptr || (*type != "classic" && *type != "quorum" && *type != "stream")) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("invalid arg 'x-queue-type' for {}: {} is none of 'classic', "
                              "'quorum', 'stream'",
                              describe("queue", queue, vhost), amqp::to_string(value)));
    }
    if (*type == "stream") {
      return fail(ErrorCode::kNotImplemented,
                  fmt::format("queue type 'stream' of {}", describe("queue", queue, vhost)));
    }
  }
  return {};
}

Result<void> check_exchange_arguments(const amqp::FieldTable& arguments) {
  if (arguments.find("alternate-exchange") != nullptr) {
    return fail(ErrorCode::kNotImplemented, "argument 'alternate-exchange' of an exchange");
  }
  return {};
}

Result<void> check_same_flag(std::string_view name, bool received, bool current,
                             std::string_view what) {
  return check_same_text(name, received ? "true" : "false", current ? "true" : "false", what);
}

Result<void> check_same_text(std::string_view name, std::string_view received,
                             std::string_view current, std::string_view what) {
  if (received == current) return {};
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("inequivalent arg '{}' for {}: received '{}' but current is '{}'", name,
                          what, received, current));
}

Result<void> check_same_arguments(const amqp::FieldTable& received, const amqp::FieldTable& current,
                                  std::string_view what) {
  for (const std::string_view name : kCompared) {
    const amqp::FieldValue* ours = current.find(name);
    const amqp::FieldValue* theirs = received.find(name);
    if (ours == nullptr && theirs == nullptr) continue;
    const bool both = ours != nullptr && theirs != nullptr;
    if (both && amqp::equivalent(*ours, *theirs)) continue;
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("inequivalent arg '{}' for {}: received {} but current is {}", name,
                            what, both ? amqp::to_string(*theirs) : value_or_none(theirs),
                            both ? amqp::to_string(*ours) : value_or_none(ours)));
  }
  return {};
}

}  // namespace bb::broker
