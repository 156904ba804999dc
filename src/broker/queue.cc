#include "broker/queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/message_traits.h"
#include "broker/stream.h"

namespace bb::broker {
Queue::Queue(QueueId id, std::string name, Properties properties, BrokerContext& context,
             QueuePolicy policy, QueueOwner* owner)
    : id_(id),
      name_(std::move(name)),
      properties_(std::move(properties)),
      policy_(std::move(policy)),
      context_(context),
      owner_(owner),
      messages_(context),
      may_expire_(policy_.message_ttl.has_value()),
      consumers_(policy_.single_active_consumer) {
  if (policy_.type == QueueType::kStream) stream_ = std::make_unique<Stream>(*this, context_);
  touch();
}

Queue::~Queue() {
  context_.timers.cancel(*this);
}

void Queue::push(Message::Ptr message, Position position) {
  BB_ASSERT(!closed_);
  traffic_.published.add(context_.clock.now);
  if (stream_) return stream_->push(std::move(message), position);
  const bool first = messages_.empty();
  QueuedMessage added{.position = position, .body_bytes = message->body().size()};
  if (policy_.max_priority > 0) {
    added.priority = std::min(message_priority(*message), policy_.max_priority);
  }
  if (!may_expire_) may_expire_ = message_ttl(*message).has_value();
  added.message = std::move(message);
  messages_.push(std::move(added));
  if (consumers_.anyone_ready()) deliver_waiting(first);
  drop_surplus();
  drop_expired();
  set_timer();
}

void Queue::restore(QueuedMessage message) {
  BB_ASSERT(consumers_.empty() && message.position != 0);
  if (policy_.max_priority > 0 && load(message)) {
    message.priority = std::min(message_priority(*message.message), policy_.max_priority);
    message.message.reset();
  }
  messages_.push(std::move(message));
  // Whether it has expired is known when it is read: not now, when there may be many.
  may_expire_ = true;
  if (!is_set()) context_.timers.set(*this, context_.clock.now);
}

void Queue::restore_stream(StreamLog log) {
  BB_ASSERT(stream_);
  stream_->restore(std::move(log));
}

void Queue::set_stream_arguments(amqp::FieldTable arguments, QueuePolicy policy) {
  BB_ASSERT(stream_ && policy.type == QueueType::kStream);
  properties_.arguments = std::move(arguments);
  policy_ = std::move(policy);
  stream_->policy_changed();
}

std::uint32_t Queue::message_count() const {
  const std::uint64_t count = stream_ ? stream_->log().size() : messages_.size();
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
}

std::uint64_t Queue::body_bytes() const {
  return stream_ ? stream_->log().body_bytes() : messages_.body_bytes();
}

std::uint32_t Queue::consumer_count() const {
  return static_cast<std::uint32_t>(stream_ ? stream_->reader_count() : consumers_.size());
}

const StreamLog& Queue::stream_log() const {
  BB_ASSERT(stream_);
  return stream_->log();
}

std::optional<std::int64_t> Queue::head_published_ms() {
  const QueuedMessage* const first = stream_ ? nullptr : messages_.front();
  if (first == nullptr) return std::nullopt;
  return first->message->published_ms();
}

std::optional<QueuedMessage> Queue::pop() {
  BB_ASSERT(!stream_);
  drop_expired();
  auto first = pop_first();
  set_timer();
  return first;
}

std::optional<QueuedMessage> Queue::pop_first() {
  auto first = messages_.pop();
  if (first && first->position > delivered_) {
    delivered_ = first->position;
    context_.storage.delivered(id_, delivered_);
  }
  return first;
}

void Queue::requeue(QueuedMessage message, Return how) {
  if (stream_) return;  // it is still there
  if (closed_) return settle(message);
  message.redelivered = true;
  ++message.delivery_count;
  if (message.position != 0) {
    context_.storage.requeued(id_, message.position, message.delivery_count);
  }
  if (policy_.delivery_limit && message.delivery_count > *policy_.delivery_limit) {
    return die(std::move(message), DeathReason::kDeliveryLimit);
  }
  if (const auto delay = retry_delay(message, how)) {
    delayed_.emplace(context_.clock.now + *delay, std::move(message));
    return set_timer();
  }
  put_back(std::move(message));
}

// What is left to the storage is looked at when it comes to the front.
void Queue::put_back(QueuedMessage message) {
  if (!may_expire_) may_expire_ = !message.message || message_ttl(*message.message).has_value();
  messages_.put_back(std::move(message));
}

void Queue::settle(const QueuedMessage& message) {
  if (message.position == 0) return;
  if (closed_) {
    context_.storage.discard(message.position);
  } else {
    context_.storage.acknowledge(id_, message.position);
  }
}

void Queue::for_each_stored(const std::function<void(const QueuedMessage&)>& visit) const {
  const auto visit_stored = [&](const QueuedMessage& message) {
    if (message.position != 0) visit(message);
  };
  if (dead_.empty() && delayed_.empty() && messages_.in_order_of_arrival())
    return messages_.for_each(visit_stored);
  std::map<Position, QueuedMessage> sorted;
  const auto sort = [&](const QueuedMessage& message) {
    sorted.emplace(message.position, message);
  };
  messages_.for_each(sort);
  for (const auto& [due, message] : delayed_) sort(message);
  for (const DeadMessage& dead : dead_) sort(dead.message);
  for (const auto& [position, message] : sorted) visit_stored(message);
}

void Queue::dispatch() {
  if (stream_) return;
  drop_surplus();
  deliver_waiting(/*fresh=*/false);
  set_timer();
}

void Queue::deliver_waiting(bool fresh) {
  // A delivery may free its own consumer and so resume(); this loop serves it.
  if (dispatching_) return;
  dispatching_ = true;
  while (consumers_.anyone_ready() && (std::exchange(fresh, false) || drop_expired()) &&
         !messages_.empty()) {
    Consumer* const consumer = consumers_.next();
    if (consumer == nullptr) break;
    auto message = pop_first();
    if (!message) break;  // the storage could read none
    consumer->deliver(*std::move(message));
  }
  dispatching_ = false;
}

void Queue::add_consumer(Consumer* consumer, bool exclusive, std::int64_t priority) {
  BB_ASSERT(!closed_);
  consumers_.add(*consumer, priority, exclusive);
  had_consumer_ = true;
  unused_until_.reset();
  dispatch();
}

void Queue::add_reader(Consumer* consumer, const StreamStart& start) {
  BB_ASSERT(!closed_ && stream_);
  stream_->add_reader(*consumer, start);
}

void Queue::remove_consumer(Consumer* consumer) {
  if (stream_) return stream_->remove_reader(*consumer);
  consumers_.remove(*consumer);
  touch();
}

void Queue::resume(Consumer* consumer) {
  if (closed_) return;
  if (stream_) return stream_->resume(*consumer);
  consumers_.resume(*consumer);
  dispatch();
}

std::uint32_t Queue::purge() {
  const std::uint32_t count = message_count();
  messages_.for_each([this](const QueuedMessage& message) { settle(message); });
  messages_.clear();
  set_timer();
  return count;
}

void Queue::close() {
  BB_ASSERT(!closed_);
  if (survives()) context_.storage.forget_queue(id_);
  closed_ = true;
  context_.timers.cancel(*this);
  if (stream_) return stream_->close();
  purge();
  for (const auto& [due, message] : std::exchange(delayed_, {})) settle(message);
  for (const DeadMessage& dead : std::exchange(dead_, {})) settle(dead.message);
  while (Consumer* const consumer = consumers_.remove_first()) consumer->cancelled();
}

}  // namespace bb::broker
