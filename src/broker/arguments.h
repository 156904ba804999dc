// The x-arguments of declarations: which ones are understood, and how a redeclaration is compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "bloodbank/result.h"
#include "broker/queue.h"
#include "broker/queue_policy.h"

namespace bb::broker {

// "queue 'x' in vhost '/'", as RabbitMQ names things in its errors.
std::string describe(std::string_view kind, std::string_view name, std::string_view vhost);

// What the queue is to do, or the errors of parse_queue_policy(). Quorum queues and streams are
// durable, not exclusive and not auto-delete: kPreconditionFailed.
Result<QueuePolicy> check_queue(const Queue::Properties& properties, std::string_view queue,
                                std::string_view vhost);

// Of an exchange that is new. kPreconditionFailed: an alternate-exchange that is no text. `what` is
// as describe() gives it.
Result<void> check_exchange_arguments(const amqp::FieldTable& arguments, std::string_view what);

// What cannot be done with a stream: kNotImplemented, in RabbitMQ's words. `what` is as describe()
// gives it.
std::unexpected<Error> not_for_streams(std::string_view operation, std::string_view what);

// `x-priority` of basic.consume, 0 without one. kPreconditionFailed for what is no integer.
Result<std::int64_t> consumer_priority(const amqp::FieldTable& arguments, std::string_view what);

// kPreconditionFailed names the first difference in RabbitMQ's words. `what` is as describe() gives
// it.
Result<void> check_same_flag(std::string_view name, bool received, bool current,
                             std::string_view what);
Result<void> check_same_text(std::string_view name, std::string_view received,
                             std::string_view current, std::string_view what);
// Of x-arguments; nullptr for one that is not there.
Result<void> check_same_argument(std::string_view name, const amqp::FieldValue* received,
                                 const amqp::FieldValue* current, std::string_view what);

}  // namespace bb::broker
