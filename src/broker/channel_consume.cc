// Consuming: basic.consume, get, deliveries, acknowledgements, qos.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "broker/arguments.h"
#include "broker/channel.h"
#include "broker/channel_consumer.h"
#include "broker/message_traits.h"
#include "broker/sender_copies.h"
#include "broker/stream_offset_header.h"

namespace bb::broker {

bool ChannelConsumer::can_take() const {
  // Without acknowledgements it adds nothing to what the channel may have, but waits with it, as in
  // RabbitMQ.
  return !channel_.failing_ && !channel_.connection_.output_full() &&
         channel_.below_channel_prefetch() && (no_ack_ || prefetch_ == 0 || unacked < prefetch_);
}

bool Channel::below_channel_prefetch() const {
  return channel_prefetch_ == 0 || unacked_by_consumers_ < channel_prefetch_;
}

Result<void> Channel::handle(const amqp::basic::Qos& method) {
  if (method.prefetch_size != 0) {
    return fail(ErrorCode::kNotImplemented,
                fmt::format("prefetch_size!=0 ({})", method.prefetch_size));
  }
  if (!method.global) consumer_prefetch_ = method.prefetch_count;
  // As RabbitMQ does: a limit for consumers to come lifts the channel's.
  channel_prefetch_ = method.global ? method.prefetch_count : 0;
  send(amqp::basic::QosOk{});
  resume_consumers();
  return {};
}

Result<void> Channel::handle(const amqp::basic::Consume& method) {
  std::string tag(method.consumer_tag);
  if (tag.empty()) {
    tag = connection_.broker().names.make("amq.ctag-");
  } else if (consumers_.contains(tag)) {
    return fail(ErrorCode::kNotAllowed, fmt::format("attempt to reuse consumer tag '{}'", tag));
  }
  if (connection_.broker().options.consumers_per_channel_max <= consumers_.size()) {
    connection_.broker().counters.refused.count(Limit::kConsumers);
    return fail(ErrorCode::kNotAllowed, "too many consumers on one channel");
  }
  if (method.queue == kReplyTo) return consume_replies(method, tag);
  BB_TRY_ASSIGN(Queue* const queue, queue_for(method.queue, Access::kRead));
  const std::string what = describe("queue", queue->name(), connection_.vhost().name());
  BB_TRY_ASSIGN(const ConsumerArguments arguments,
                parse_consumer_arguments(queue->policy().type, method.arguments, what,
                                         connection_.broker().clock.wall_ms));
  BB_TRY(check_prefetch(*queue, method.no_ack, what));
  // A stream has enough for everybody.
  if (!queue->is_stream() && !queue->accepts_consumer(method.exclusive)) {
    return fail(ErrorCode::kAccessRefused, fmt::format("{} in exclusive use", what));
  }
  add_consumer(*queue, method, tag, arguments);
  return {};
}

Result<void> Channel::check_prefetch(const Queue& queue, bool no_ack, std::string_view what) const {
  if (queue.is_stream()) {
    if (consumer_prefetch_ == 0) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("consumer prefetch count is not set for '{}'", what));
    }
    if (no_ack) return not_for_streams("automatic acknowledgement", what);
  }
  if (queue.policy().type != QueueType::kClassic && channel_prefetch_ != 0) {
    return fail(ErrorCode::kNotImplemented, fmt::format("{} does not support global qos", what));
  }
  return {};
}

void Channel::add_consumer(Queue& queue, const amqp::basic::Consume& method, const std::string& tag,
                           const ConsumerArguments& arguments) {
  auto made = std::make_unique<ChannelConsumer>(*this, next_consumer_number_++, Queue::Ptr(&queue),
                                                tag, method.no_ack, consumer_prefetch_);
  ChannelConsumer* const consumer = made.get();
  consumers_.emplace(tag, std::move(made));
  consumers_by_number_.emplace(consumer->number(), consumer);
  if (!method.no_wait) send(amqp::basic::ConsumeOk{tag});
  // May deliver at once: after consume-ok.
  if (queue.is_stream()) {
    queue.add_reader(consumer, arguments.start);
  } else {
    queue.add_consumer(consumer, method.exclusive, arguments.priority);
  }
}

Result<void> Channel::handle(const amqp::basic::Cancel& method) {
  const std::string tag(method.consumer_tag);
  const Queue::Ptr left = end_consumer(tag);
  if (!method.no_wait) send(amqp::basic::CancelOk{tag});
  if (left) left->dispatch();  // another consumer may have taken over
  return {};
}

Queue::Ptr Channel::end_consumer(const std::string& tag) {
  auto node = consumers_.extract(tag);
  if (node.empty()) return {};
  ChannelConsumer& consumer = *node.mapped();
  consumers_by_number_.erase(consumer.number());
  Queue& queue = *consumer.queue();
  if (queue.name() == reply_queue_) reply_queue_.clear();
  queue.remove_consumer(&consumer);
  if (queue.expired()) connection_.vhost().remove_queue(queue);
  return consumer.queue();
}

void Channel::consumer_cancelled(ChannelConsumer& consumer) {
  const auto node = consumers_.extract(consumer.tag());  // keeps it until the end of this
  consumers_by_number_.erase(consumer.number());
  if (connection_.consumer_cancel_notify() && !failing_) {
    send(amqp::basic::Cancel{consumer.tag(), /*no_wait=*/true});
  }
}

void Channel::send_content(const Queue& queue, const QueuedMessage& message, bool always_counted) {
  std::string shown;
  std::string_view properties = message.message->properties();
  if (message.message->may_have_blind_copies()) {
    shown = without_blind_copies(properties);
    properties = shown;
  }
  if (queue.is_stream()) {
    set_stream_offset(delivered_properties_, properties, message.sequence);
    properties = delivered_properties_;
  } else if (queue.policy().type == QueueType::kQuorum &&
             (message.delivery_count > 0 || always_counted)) {
    delivered_properties_ = with_delivery_count(properties, message.delivery_count);
    properties = delivered_properties_;
  }
  amqp::encode_content(connection_.output(), id_, as_bytes(properties),
                       as_bytes(message.message->body()), connection_.frame_max_bytes());
}

void Channel::deliver(ChannelConsumer& consumer, QueuedMessage message) {
  const std::uint64_t tag = next_delivery_tag_++;
  ++connection_.broker().counters.delivered;
  consumer.queue()->count_delivered();
  const Message& content = *message.message;
  send(amqp::basic::Deliver{consumer.tag(), tag, message.redelivered, content.exchange(),
                            content.routing_key()});
  send_content(*consumer.queue(), message, /*always_counted=*/false);
  if (consumer.no_ack()) {
    consumer.queue()->settle(message);
    return;
  }
  ++consumer.unacked;
  ++unacked_by_consumers_;
  if (consumer.queue()->is_stream()) {
    message.message.reset();  // it does not come back
  } else {
    // What a client holds unacknowledged need not be held here as well.
    consumer.queue()->leave_to_storage(message);
  }
  unacked_.add({tag, consumer.queue(), consumer.number(), std::move(message),
                connection_.broker().clock.now});
}

Result<void> Channel::handle(const amqp::basic::Get& method) {
  BB_TRY_ASSIGN(Queue* const queue, queue_for(method.queue, Access::kRead));
  if (queue->is_stream()) {
    return not_for_streams("basic.get",
                           describe("queue", queue->name(), connection_.vhost().name()));
  }
  if (queue->policy().type == QueueType::kQuorum && queue->policy().single_active_consumer) {
    return fail(ErrorCode::kResourceLocked,
                fmt::format("cannot obtain access to locked {}. basic.get operations are not "
                            "supported by quorum queues with single active consumer",
                            describe("queue", queue->name(), connection_.vhost().name())));
  }
  queue->touch();
  auto message = queue->pop();
  if (!message) {
    send(amqp::basic::GetEmpty{});
    return {};
  }
  const std::uint64_t tag = next_delivery_tag_++;
  ++connection_.broker().counters.delivered;
  queue->count_delivered();
  const Message& content = *message->message;
  send(amqp::basic::GetOk{tag, message->redelivered, content.exchange(), content.routing_key(),
                          queue->message_count()});
  // A quorum queue of RabbitMQ counts from 0 for basic.get, and from 1 for consumers.
  send_content(*queue, *message, /*always_counted=*/true);
  if (method.no_ack) {
    queue->settle(*message);
  } else {
    queue->leave_to_storage(*message);
    unacked_.add({tag, Queue::Ptr(queue), /*consumer=*/0, *std::move(message),
                  connection_.broker().clock.now});
  }
  return {};
}

Result<void> Channel::handle(const amqp::basic::Ack& method) {
  BB_TRY_ASSIGN(auto taken, take_unacked(method.delivery_tag, method.multiple));
  connection_.broker().counters.acknowledged += taken.size();
  settle_or_hold(std::move(taken), Outcome::kAcked);
  return {};
}

Result<void> Channel::handle(const amqp::basic::Reject& method) {
  BB_TRY_ASSIGN(auto taken, take_unacked(method.delivery_tag, /*multiple=*/false));
  BB_TRY_ASSIGN(taken, none_of_streams(std::move(taken), "basic.nack and basic.reject"));
  settle_or_hold(std::move(taken),
                 method.requeue ? Outcome::kRequeuedAfterFailure : Outcome::kRejected);
  return {};
}

Result<void> Channel::handle(const amqp::basic::Nack& method) {
  BB_TRY_ASSIGN(auto taken, take_unacked(method.delivery_tag, method.multiple));
  BB_TRY_ASSIGN(taken, none_of_streams(std::move(taken), "basic.nack and basic.reject"));
  settle_or_hold(std::move(taken), method.requeue ? Outcome::kRequeued : Outcome::kRejected);
  return {};
}

Result<void> Channel::handle(const amqp::basic::Recover& method) {
  if (!method.requeue) return fail(ErrorCode::kNotImplemented, "requeue=false");
  BB_TRY_ASSIGN(auto taken, none_of_streams(unacked_.take_all(), "basic.recover"));
  send(amqp::basic::RecoverOk{});  // before what it sets going again
  settle(std::move(taken), Outcome::kRequeued);
  return {};
}

Result<void> Channel::handle(const amqp::basic::RecoverAsync& method) {
  if (!method.requeue) return fail(ErrorCode::kNotImplemented, "requeue=false");
  BB_TRY_ASSIGN(auto taken, none_of_streams(unacked_.take_all(), "basic.recover"));
  settle(std::move(taken), Outcome::kRequeued);
  return {};
}

// Otherwise all of them are unacknowledged as before, so that the end of the channel finds them.
Result<std::vector<Unacked>> Channel::none_of_streams(std::vector<Unacked> taken,
                                                      std::string_view operation) {
  const auto found = std::ranges::find_if(
      taken, [](const Unacked& unacked) { return unacked.queue->is_stream(); });
  if (found == taken.end()) return taken;
  const std::string what = describe("queue", found->queue->name(), connection_.vhost().name());
  unacked_.put_back(std::move(taken));
  return not_for_streams(operation, what);
}

Result<std::vector<Unacked>> Channel::take_unacked(std::uint64_t delivery_tag, bool multiple) {
  if (multiple) {
    if (auto taken = unacked_.take_up_to(delivery_tag)) return *std::move(taken);
  } else if (auto taken = unacked_.take(delivery_tag)) {
    std::vector<Unacked> one;
    one.push_back(*std::move(taken));
    return one;
  }
  return fail(ErrorCode::kPreconditionFailed, fmt::format("unknown delivery tag {}", delivery_tag));
}

void Channel::settle(std::vector<Unacked> taken, Outcome outcome) {
  const bool requeued = outcome == Outcome::kRequeued || outcome == Outcome::kRequeuedAfterFailure;
  const bool channel_was_full = !below_channel_prefetch();
  for (Unacked& unacked : taken) {
    if (unacked.consumer != 0) --unacked_by_consumers_;
    if (ChannelConsumer* const consumer = find_consumer(unacked.consumer)) --consumer->unacked;
    Queue& queue = *unacked.queue;
    if (requeued) {
      queue.requeue(std::move(unacked.message), outcome == Outcome::kRequeuedAfterFailure
                                                    ? Return::kFailed
                                                    : Return::kReturned);
    } else if (outcome == Outcome::kRejected) {
      queue.reject(std::move(unacked.message));
    } else {
      queue.count_acknowledged();
      queue.settle(unacked.message);
    }
  }
  // Every message is back in its place before the first is delivered again.
  for (const Unacked& unacked : taken) {
    if (requeued) unacked.queue->dispatch();
    if (channel_was_full) continue;
    if (ChannelConsumer* const consumer = find_consumer(unacked.consumer)) {
      unacked.queue->resume(consumer);
    }
  }
  // Whoever acknowledged would take all of a shared prefetch again.
  if (channel_was_full) resume_consumers();
}

ChannelConsumer* Channel::find_consumer(std::uint64_t number) const {
  const auto found = consumers_by_number_.find(number);
  return found == consumers_by_number_.end() ? nullptr : found->second;
}

void Channel::requeue_all() {
  settle(unacked_.take_all(), Outcome::kRequeued);
}

}  // namespace bb::broker
