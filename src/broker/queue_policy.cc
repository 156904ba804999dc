#include "broker/queue_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/try.h"
#include "broker/arguments.h"
#include "broker/queue_arguments.h"

namespace bb::broker {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;

constexpr std::uint64_t kSegmentBytesMax = 3'000'000'000;

std::unexpected<Error> refused(std::string_view text) {
  return fail(ErrorCode::kPreconditionFailed, std::string(text));
}

Result<void> check(const QueueArgument& argument, const FieldTable& arguments,
                   std::string_view what) {
  const FieldValue* value = arguments.find(argument.name);
  if (value == nullptr) return {};
  const std::string wrong = argument.check(*value, arguments);
  if (wrong.empty()) return {};
  return refused(fmt::format("invalid arg '{}' for {}: {}", argument.name, what, wrong));
}

QueueType type_of(const FieldTable& arguments) {
  const FieldValue* value = arguments.find("x-queue-type");
  if (value == nullptr || *value->as_string() == "classic") return QueueType::kClassic;
  return *value->as_string() == "quorum" ? QueueType::kQuorum : QueueType::kStream;
}

unsigned bit_of(QueueType type) {
  return 1u << static_cast<unsigned>(type);
}

Result<void> check_all(QueueType type, const FieldTable& arguments, std::string_view what) {
  for (const QueueArgument& argument : queue_arguments()) {
    if ((argument.types & bit_of(type)) != 0) BB_TRY(check(argument, arguments, what));
  }
  for (const auto& [name, value] : arguments.entries()) {
    const auto known = std::ranges::find(queue_arguments(), name, &QueueArgument::name);
    if (known != queue_arguments().end() && (known->types & bit_of(type)) == 0) {
      return refused(
          fmt::format("invalid arg '{}' for {} of queue type {}", name, what, type_name(type)));
    }
  }
  if (const FieldValue* bytes = arguments.find("x-stream-max-segment-size-bytes");
      bytes != nullptr && std::cmp_greater(*bytes->as_integer(), kSegmentBytesMax)) {
    return refused("Exceeded max value for x-stream-max-segment-size-bytes");
  }
  return {};
}

// The values of arguments that were checked.
class Reader {
 public:
  explicit Reader(const FieldTable& arguments) : arguments_(arguments) {}

  std::optional<std::uint64_t> count(std::string_view name) const {
    const FieldValue* value = arguments_.find(name);
    if (value == nullptr) return std::nullopt;
    return static_cast<std::uint64_t>(*value->as_integer());
  }
  std::optional<QueuePolicy::Milliseconds> milliseconds(std::string_view name) const {
    const auto number = count(name);
    if (!number) return std::nullopt;
    return QueuePolicy::Milliseconds(static_cast<std::int64_t>(*number));
  }
  std::optional<std::string> text(std::string_view name) const {
    const FieldValue* value = arguments_.find(name);
    return value == nullptr ? std::nullopt : std::optional(*value->as_string());
  }
  bool truth(std::string_view name) const {
    const FieldValue* value = arguments_.find(name);
    return value != nullptr && *value->as_bool();
  }

 private:
  const FieldTable& arguments_;
};

Overflow overflow_of(const Reader& read, QueueType type) {
  const auto overflow = read.text("x-overflow");
  if (overflow == "reject-publish") return Overflow::kRejectPublish;
  // A quorum queue takes the word and drops the head.
  if (overflow == "reject-publish-dlx" && type == QueueType::kClassic) {
    return Overflow::kRejectPublishDlx;
  }
  return Overflow::kDropHead;
}

DelayedRetry delayed_retry_of(const Reader& read) {
  if (!read.count("x-delayed-retry-min")) return DelayedRetry::kNone;
  const auto type = read.text("x-delayed-retry-type");
  if (type == "failed") return DelayedRetry::kFailed;
  if (type == "returned") return DelayedRetry::kReturned;
  return type == "all" ? DelayedRetry::kAll : DelayedRetry::kNone;
}

QueuePolicy read_policy(QueueType type, const FieldTable& arguments) {
  const Reader read(arguments);
  QueuePolicy policy;
  policy.type = type;
  policy.overflow = overflow_of(read, type);
  policy.delayed_retry = delayed_retry_of(read);
  policy.max_priority = static_cast<std::uint8_t>(read.count("x-max-priority").value_or(0));
  policy.single_active_consumer = read.truth("x-single-active-consumer");
  policy.message_ttl = read.milliseconds("x-message-ttl");
  policy.expires = read.milliseconds("x-expires");
  policy.max_length = read.count("x-max-length");
  policy.max_length_bytes = read.count("x-max-length-bytes");
  if (const auto limit = read.count("x-delivery-limit"); limit && *limit <= INT64_MAX) {
    policy.delivery_limit = limit;
  }
  policy.dead_letter_exchange = read.text("x-dead-letter-exchange");
  policy.dead_letter_routing_key = read.text("x-dead-letter-routing-key");
  // RabbitMQ falls back to at-most-once, too, where the queue drops what it has no room for.
  policy.dead_letter_at_least_once = read.text("x-dead-letter-strategy") == "at-least-once" &&
                                     policy.overflow == Overflow::kRejectPublish &&
                                     policy.dead_letter_exchange.has_value();
  policy.retry_min = read.milliseconds("x-delayed-retry-min").value_or(policy.retry_min);
  policy.retry_max = read.milliseconds("x-delayed-retry-max").value_or(policy.retry_min);
  if (const auto age = read.text("x-max-age")) policy.max_age = parse_age(*age);
  policy.segment_bytes_max = read.count("x-stream-max-segment-size-bytes");
  return policy;
}

// The type of a queue whose declaration names none.
bool is_default(std::string_view name, const FieldValue* value) {
  if (value == nullptr) return true;
  const std::string* text = value->as_string();
  return name == "x-queue-type" && text != nullptr && *text == "classic";
}

}  // namespace

std::string_view type_name(QueueType type) {
  switch (type) {
    case QueueType::kClassic:
      return "rabbit_classic_queue";
    case QueueType::kQuorum:
      return "rabbit_quorum_queue";
    case QueueType::kStream:
      return "rabbit_stream_queue";
  }
  return {};
}

Result<QueuePolicy> parse_queue_policy(const FieldTable& arguments, std::string_view what) {
  if (const FieldValue* exchange = arguments.find("x-dead-letter-exchange");
      exchange != nullptr && exchange->as_string() == nullptr) {
    return refused(fmt::format("invalid type '{}' for arg 'x-dead-letter-exchange' in {}",
                               amqp::type_name(*exchange), what));
  }
  BB_TRY(check(queue_arguments().front(), arguments, what));  // the type decides about the rest
  const QueueType type = type_of(arguments);
  BB_TRY(check_all(type, arguments, what));
  return read_policy(type, arguments);
}

Result<void> check_same_queue_arguments(QueueType type, const FieldTable& received,
                                        const FieldTable& current, std::string_view what) {
  for (const QueueArgument& argument : queue_arguments()) {
    if ((argument.types & bit_of(type)) == 0) continue;
    const FieldValue* ours = current.find(argument.name);
    const FieldValue* theirs = received.find(argument.name);
    if (is_default(argument.name, ours) && is_default(argument.name, theirs)) continue;
    BB_TRY(check_same_argument(argument.name, theirs, ours, what));
  }
  return {};
}

}  // namespace bb::broker
