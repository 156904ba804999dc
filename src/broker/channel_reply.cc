// Direct reply-to: answers without a queue to declare
// (https://www.rabbitmq.com/direct-reply-to.html).
#include <fmt/format.h>

#include <optional>
#include <string>

#include "amqp/properties.h"
#include "base/try.h"
#include "broker/arguments.h"
#include "broker/channel.h"

namespace bb::broker {

Result<void> Channel::consume_replies(const amqp::basic::Consume& method, const std::string& tag) {
  if (!reply_queue_.empty()) {
    return fail(ErrorCode::kPreconditionFailed, "reply consumer already set");
  }
  if (!method.no_ack) {
    return fail(ErrorCode::kPreconditionFailed, "reply consumer cannot acknowledge");
  }
  BB_TRY_ASSIGN(Queue* const queue, connection_.vhost().make_reply_queue());
  reply_queue_ = queue->name();
  add_consumer(*queue, method, tag, {});
  return {};
}

// A responder asks in this way whether anybody still waits for its answer.
Result<void> Channel::declare_reply_queue(const amqp::queue::Declare& method) {
  const VHost& vhost = connection_.vhost();
  if (method.queue != kReplyTo && !vhost.has_reply_queue(method.queue)) {
    return fail(ErrorCode::kNotFound,
                fmt::format("no {}", describe("queue", method.queue, vhost.name())));
  }
  if (!method.no_wait) {
    send(amqp::queue::DeclareOk{method.queue, /*message_count=*/0, /*consumer_count=*/1});
  }
  return {};
}

Result<std::optional<std::string>> Channel::with_reply_queue(
    const amqp::BasicProperties& properties) {
  if (!properties.reply_to || *properties.reply_to != kReplyTo) return std::nullopt;
  if (reply_queue_.empty()) {
    return fail(ErrorCode::kPreconditionFailed, "fast reply consumer does not exist");
  }
  amqp::BasicProperties answerable = properties;
  answerable.reply_to = reply_queue_;
  Buffer encoded;
  amqp::encode_properties(encoded, answerable);
  return std::string(as_text(encoded.view()));
}

}  // namespace bb::broker
