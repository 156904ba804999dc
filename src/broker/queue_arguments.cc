#include "broker/queue_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "amqp/constants.h"

namespace bb::broker {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;

// Why a value is refused, as RabbitMQ prints it; empty when it is fine.
using Reason = std::string;

constexpr std::int64_t kExpiryMaxMs = 315'360'000'000;  // ten years
constexpr std::int64_t kPriorityMax = 255;

Reason quoted(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

Reason tuple(std::string_view reason, const FieldValue& value) {
  const auto number = value.as_integer();
  return fmt::format("{{{},{}}}", reason, number ? *number : 0);
}

Reason unacceptable_type(const FieldValue& value) {
  return fmt::format("{{unacceptable_type,{}}}", amqp::type_name(value));
}

Reason any(const FieldValue&, const FieldTable&) {
  return {};
}

Reason integer(const FieldValue& value) {
  if (value.as_integer()) return {};
  return quoted(fmt::format("expected integer, got {}", amqp::type_name(value)));
}

Reason count(const FieldValue& value, const FieldTable&) {
  if (Reason wrong = integer(value); !wrong.empty()) return wrong;
  return *value.as_integer() < 0 ? tuple("value_negative", value) : Reason();
}

// RabbitMQ 3.10 takes any number; a negative one is no limit, as in 4.0.
Reason delivery_limit(const FieldValue& value, const FieldTable&) {
  return integer(value);
}

Reason positive_count(const FieldValue& value, const FieldTable& arguments) {
  if (Reason wrong = count(value, arguments); !wrong.empty()) return wrong;
  return *value.as_integer() == 0 ? tuple("value_zero", value) : Reason();
}

Reason message_ttl(const FieldValue& value, const FieldTable& arguments) {
  if (Reason wrong = count(value, arguments); !wrong.empty()) return wrong;
  return *value.as_integer() > kExpiryMaxMs ? tuple("value_too_large", value) : Reason();
}

Reason expires(const FieldValue& value, const FieldTable& arguments) {
  if (value.as_integer() == 0) return tuple("value_zero", value);
  return message_ttl(value, arguments);
}

Reason priority(const FieldValue& value, const FieldTable& arguments) {
  if (Reason wrong = count(value, arguments); !wrong.empty()) return wrong;
  return *value.as_integer() > kPriorityMax ? tuple("max_value_exceeded", value) : Reason();
}

Reason truth(const FieldValue& value, const FieldTable&) {
  return value.as_bool() != nullptr ? Reason() : unacceptable_type(value);
}

Reason text(const FieldValue& value, const FieldTable&) {
  return value.as_string() != nullptr ? Reason() : unacceptable_type(value);
}

// One of some words. `otherwise` is what RabbitMQ says of another.
Reason word(const FieldValue& value, std::initializer_list<std::string_view> words,
            std::string_view otherwise) {
  const std::string* given = value.as_string();
  if (given == nullptr) return unacceptable_type(value);
  return std::ranges::find(words, *given) != words.end() ? Reason() : Reason(otherwise);
}

Reason dead_letter_key(const FieldValue& value, const FieldTable& arguments) {
  if (value.as_string() == nullptr) return unacceptable_type(value);
  // RabbitMQ takes it, and breaks when the dead letter is to be delivered.
  if (value.as_string()->size() > amqp::kShortStringMaxBytes) return "routing_key_too_long";
  return arguments.find("x-dead-letter-exchange") != nullptr ? ""
                                                             : "routing_key_but_no_dlx_defined";
}

Reason dead_letter_strategy(const FieldValue& value, const FieldTable&) {
  return word(value, {"at-most-once", "at-least-once"}, "invalid_dlx_strategy");
}

Reason overflow(const FieldValue& value, const FieldTable&) {
  return word(value, {"drop-head", "reject-publish", "reject-publish-dlx"}, "invalid_overflow");
}

Reason leader_locator(const FieldValue& value, const FieldTable&) {
  return word(value, {"client-local", "balanced", "random", "least-leaders"},
              "invalid_queue_locator_arg");
}

Reason queue_mode(const FieldValue& value, const FieldTable&) {
  const std::string* mode = value.as_string();
  return word(value, {"default", "lazy"},
              mode == nullptr ? "" : quoted(fmt::format("unsupported queue mode '{}'", *mode)));
}

Reason queue_type(const FieldValue& value, const FieldTable&) {
  const std::string* type = value.as_string();
  return word(value, {"classic", "quorum", "stream"},
              type == nullptr ? "" : quoted(fmt::format("unsupported queue type '{}'", *type)));
}

Reason queue_version(const FieldValue& value, const FieldTable& arguments) {
  if (Reason wrong = count(value, arguments); !wrong.empty()) return wrong;
  const std::int64_t version = *value.as_integer();
  if (version == 1 || version == 2) return {};
  return quoted(fmt::format("unsupported queue version '{}'", version));
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_age(std::string_view age) {
  constexpr std::int64_t kDay = 24 * 3600;
  constexpr std::size_t kDigitsMax = 9;  // more than ten years in any unit, and no overflow
  const std::size_t digits = std::min(age.find_first_not_of("0123456789"), age.size());
  if (digits == 0 || digits > kDigitsMax || digits + 1 != age.size()) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : age.substr(0, digits)) number = number * 10 + (digit - '0');
  if (number == 0) return std::nullopt;
  const auto seconds = [&](std::int64_t unit) { return std::chrono::seconds(number * unit); };
  switch (age.back()) {
    case 'Y':
      return seconds(365 * kDay);
    case 'M':
      return seconds(30 * kDay);
    case 'D':
      return seconds(kDay);
    case 'h':
      return seconds(3600);
    case 'm':
      return seconds(60);
    case 's':
      return seconds(1);
    default:
      return std::nullopt;
  }
}

namespace {

Reason max_age(const FieldValue& value, const FieldTable&) {
  const std::string* age = value.as_string();
  if (age == nullptr) return unacceptable_type(value);
  return parse_age(*age) ? "" : "invalid_max_age";
}

Reason delayed_retry_type(const FieldValue& value, const FieldTable&) {
  return word(value, {"disabled", "failed", "returned", "all"}, "invalid_delayed_retry_type");
}

Reason retry_delay(const FieldValue& value, const FieldTable& arguments) {
  if (Reason wrong = expires(value, arguments); !wrong.empty()) return wrong;
  return {};
}

Reason retry_max(const FieldValue& value, const FieldTable& arguments) {
  if (Reason wrong = expires(value, arguments); !wrong.empty()) return wrong;
  const FieldValue* min = arguments.find("x-delayed-retry-min");
  const bool fits =
      min == nullptr || !min->as_integer() || *min->as_integer() <= *value.as_integer();
  return fits ? "" : "delayed_retry_max_below_min";
}

constexpr unsigned kC = kClassicQueues;
constexpr unsigned kQ = kQuorumQueues;
constexpr unsigned kS = kStreams;

constexpr auto kArguments = std::to_array<QueueArgument>({
    {"x-queue-type", kC | kQ | kS, queue_type},
    {"x-expires", kC | kQ, expires},
    {"x-message-ttl", kC | kQ, message_ttl},
    {"x-dead-letter-exchange", kC | kQ, text},
    {"x-dead-letter-routing-key", kC | kQ, dead_letter_key},
    {"x-dead-letter-strategy", kQ, dead_letter_strategy},
    {"x-max-length", kC | kQ, count},
    {"x-max-length-bytes", kC | kQ | kS, count},
    {"x-max-in-memory-length", kQ, count},
    {"x-max-in-memory-bytes", kQ, count},
    {"x-max-priority", kC, priority},
    {"x-overflow", kC | kQ, overflow},
    {"x-queue-mode", kC, queue_mode},
    {"x-queue-version", kC, queue_version},
    {"x-single-active-consumer", kC | kQ, truth},
    {"x-queue-master-locator", kC, any},
    {"x-quorum-initial-group-size", kQ, positive_count},
    {"x-max-age", kS, max_age},
    {"x-stream-max-segment-size-bytes", kS, count},
    {"x-initial-cluster-size", kS, positive_count},
    {"x-queue-leader-locator", kQ | kS, leader_locator},
    {"x-delivery-limit", kQ, delivery_limit},
    // RabbitMQ 4.3.
    {"x-delayed-retry-type", kQ, delayed_retry_type},
    {"x-delayed-retry-min", kQ, retry_delay},
    {"x-delayed-retry-max", kQ, retry_max},
});

}  // namespace

std::span<const QueueArgument> queue_arguments() {
  return kArguments;
}

}  // namespace bb::broker
