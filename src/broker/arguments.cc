#include "broker/arguments.h"

#include <fmt/format.h>

#include "base/try.h"

namespace bb::broker {
namespace {

// What quorum queues and streams ask for, on one machine too.
Result<void> check_properties(const Queue::Properties& properties, std::string_view what) {
  const auto refuse = [&](std::string_view property) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("invalid property '{}' for {}", property, what));
  };
  if (properties.auto_delete) return refuse("auto-delete");
  if (properties.exclusive_to != 0) return refuse("exclusive-owner");
  if (!properties.durable) return refuse("non-durable");
  return {};
}

// What RabbitMQ says of an argument that the other side lacks.
std::string value_or_none(const amqp::FieldValue* value) {
  if (value == nullptr) return "none";
  return fmt::format("the value {} of type '{}'", amqp::to_string(*value), amqp::type_name(*value));
}

}  // namespace

std::string describe(std::string_view kind, std::string_view name, std::string_view vhost) {
  return fmt::format("{} '{}' in vhost '{}'", kind, name, vhost);
}

Result<QueuePolicy> check_queue(const Queue::Properties& properties, std::string_view queue,
                                std::string_view vhost) {
  const std::string what = describe("queue", queue, vhost);
  BB_TRY_ASSIGN(QueuePolicy policy, parse_queue_policy(properties.arguments, what));
  if (policy.type != QueueType::kClassic) BB_TRY(check_properties(properties, what));
  return policy;
}

Result<void> check_exchange_arguments(const amqp::FieldTable& arguments, std::string_view what) {
  const amqp::FieldValue* const name = arguments.find(kAlternateExchange);
  if (name == nullptr || name->as_string() != nullptr) return {};
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("invalid type '{}' for arg '{}' in {}", amqp::type_name(*name),
                          kAlternateExchange, what));
}

std::unexpected<Error> not_for_streams(std::string_view operation, std::string_view what) {
  return fail(ErrorCode::kNotImplemented,
              fmt::format("{} not supported by stream queues {}", operation, what));
}

Result<std::int64_t> consumer_priority(const amqp::FieldTable& arguments, std::string_view what) {
  const amqp::FieldValue* value = arguments.find("x-priority");
  if (value == nullptr) return 0;
  if (const auto priority = value->as_integer()) return *priority;
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("invalid arg 'x-priority' for {}: \"expected integer, got {}\"", what,
                          amqp::type_name(*value)));
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

Result<void> check_same_argument(std::string_view name, const amqp::FieldValue* received,
                                 const amqp::FieldValue* current, std::string_view what) {
  if (received == nullptr && current == nullptr) return {};
  const bool both = received != nullptr && current != nullptr;
  if (both && amqp::equivalent(*received, *current)) return {};
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("inequivalent arg '{}' for {}: received {} but current is {}", name, what,
                          both ? amqp::to_string(*received) : value_or_none(received),
                          both ? amqp::to_string(*current) : value_or_none(current)));
}

}  // namespace bb::broker
