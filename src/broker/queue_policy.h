// What the x-arguments of queue.declare ask of a queue: which are taken, what they mean, and
// which a redeclaration has to repeat. The rules and texts are those of RabbitMQ 3.10
// (https://www.rabbitmq.com/queues.html#optional-arguments); delayed retry is RabbitMQ 4.3's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "bloodbank/result.h"

namespace bb::broker {

enum class QueueType : std::uint8_t { kClassic, kQuorum, kStream };

// What a queue at its limit does with the next message.
enum class Overflow : std::uint8_t {
  kDropHead,          // takes it, and drops the oldest
  kRejectPublish,     // the publisher gets a nack
  kRejectPublishDlx,  // the same, and the message is dead-lettered
};

// Which returned messages of a quorum queue wait before they are delivered again.
enum class DelayedRetry : std::uint8_t {
  kNone,
  kFailed,    // refused by a consumer: basic.reject with requeue
  kReturned,  // not wanted now: basic.nack with requeue, basic.recover, a channel that ended
  kAll,
};

struct QueuePolicy {
  using Milliseconds = std::chrono::milliseconds;

  QueueType type = QueueType::kClassic;
  Overflow overflow = Overflow::kDropHead;
  DelayedRetry delayed_retry = DelayedRetry::kNone;
  std::uint8_t max_priority = 0;  // 0: all messages are equal
  bool single_active_consumer = false;
  std::optional<Milliseconds> message_ttl = {};
  std::optional<Milliseconds> expires = {};  // of the queue itself, unused
  std::optional<std::uint64_t> max_length = {};
  std::optional<std::uint64_t> max_length_bytes = {};  // of bodies
  std::optional<std::uint64_t> delivery_limit = {};    // returns that a message survives
  std::optional<std::string> dead_letter_exchange = {};
  std::optional<std::string> dead_letter_routing_key = {};  // in place of the message's own
  bool dead_letter_at_least_once = false;    // what finds no way there waits, and is tried again
  Milliseconds retry_min{0};                 // times the count of deliveries,
  Milliseconds retry_max{0};                 // up to this
  std::optional<Milliseconds> max_age = {};  // of a stream's messages
  std::optional<std::uint64_t> segment_bytes_max = {};  // of a stream
};

// RabbitMQ's name of the type in its errors: "rabbit_quorum_queue".
std::string_view type_name(QueueType type);

// Checks the arguments and gives their meaning. `what` is as describe() gives it.
//
// kPreconditionFailed: a value that RabbitMQ refuses, or an argument that the type of queue does
// not have. kNotImplemented: an argument whose meaning this broker does not have; taking it and
// doing something else would lose events quietly. Arguments without a meaning on one machine are
// checked and kept, those without a meaning to any broker are kept.
Result<QueuePolicy> parse_queue_policy(const amqp::FieldTable& arguments, std::string_view what);

// kPreconditionFailed names the first difference among the arguments that a queue of that type
// has. Numbers are equal by value, whatever their integer types.
Result<void> check_same_queue_arguments(QueueType type, const amqp::FieldTable& received,
                                        const amqp::FieldTable& current, std::string_view what);

}  // namespace bb::broker
