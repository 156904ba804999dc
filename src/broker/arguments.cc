#include "broker/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/try.h"

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

std::unexpected<Error> invalid_argument(std::string_view name, std::string_view what,
                                        std::string_view reason) {
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("invalid arg '{}' for {}: {}", name, what, reason));
}

std::unexpected<Error> unsupported(std::string_view kind, std::string_view value,
                                   std::string_view name, std::string_view what) {
  return invalid_argument(name, what, fmt::format("\"unsupported {} '{}'\"", kind, value));
}

Result<std::string> text_of(const amqp::FieldValue& value, std::string_view name,
                            std::string_view what) {
  if (const std::string* text = value.as_string()) return *text;
  return invalid_argument(name, what,
                          fmt::format("{{unacceptable_type,{}}}", amqp::type_name(value)));
}

// On one machine a quorum queue is a durable queue like any other, and asks for the same.
Result<void> check_quorum_queue(const Queue::Properties& properties, std::string_view what) {
  const auto refuse = [&](std::string_view property) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("invalid property '{}' for {}", property, what));
  };
  if (properties.auto_delete) return refuse("auto-delete");
  if (properties.exclusive_to != 0) return refuse("exclusive-owner");
  if (!properties.durable) return refuse("non-durable");
  return {};
}

// The type of a queue whose declaration names none.
bool is_default(std::string_view name, const amqp::FieldValue* value) {
  if (value == nullptr) return true;
  const std::string* text = value->as_string();
  return name == "x-queue-type" && text != nullptr && *text == "classic";
}

}  // namespace

std::string describe(std::string_view kind, std::string_view name, std::string_view vhost) {
  return fmt::format("{} '{}' in vhost '{}'", kind, name, vhost);
}

Result<void> check_queue_arguments(const Queue::Properties& properties, std::string_view queue,
                                   std::string_view vhost) {
  const std::string what = describe("queue", queue, vhost);
  for (const auto& [name, value] : properties.arguments.entries()) {
    if (std::ranges::find(kQueueArgumentsNotYet, name) != kQueueArgumentsNotYet.end()) {
      return fail(ErrorCode::kNotImplemented, fmt::format("argument '{}' of {}", name, what));
    }
    if (name == "x-queue-mode") {
      BB_TRY_ASSIGN(const std::string mode, text_of(value, name, what));
      if (mode != "default" && mode != "lazy") return unsupported("queue mode", mode, name, what);
    }
    if (name != "x-queue-type") continue;
    BB_TRY_ASSIGN(const std::string type, text_of(value, name, what));
    if (type == "stream") {
      return fail(ErrorCode::kNotImplemented, fmt::format("queue type 'stream' of {}", what));
    }
    if (type == "quorum") {
      BB_TRY(check_quorum_queue(properties, what));
    } else if (type != "classic") {
      return unsupported("queue type", type, name, what);
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
    if (is_default(name, ours) && is_default(name, theirs)) continue;
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
