#include "broker/queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bb::broker {
namespace {

bool wants_single_active_consumer(const amqp::FieldTable& arguments) {
  const amqp::FieldValue* value = arguments.find("x-single-active-consumer");
  const bool* wanted = value == nullptr ? nullptr : value->as_bool();
  return wanted != nullptr && *wanted;
}

std::string binding_key(const Binding& binding) {
  std::string key;
  key.reserve(binding.exchange.size() + 1 + binding.routing_key.size());
  key.append(binding.exchange).push_back('\0');
  key.append(binding.routing_key);
  return key;
}

}  // namespace

Queue::Queue(QueueId id, std::string name, Properties properties, BrokerContext& context)
    : id_(id),
      name_(std::move(name)),
      properties_(std::move(properties)),
      context_(context),
      messages_(context),
      consumers_(wants_single_active_consumer(properties_.arguments)) {}

void Queue::push(Message::Ptr message, Position position) {
  BB_ASSERT(!closed_);
  const std::uint64_t body_bytes = message->body().size();
  messages_.push({.message = std::move(message), .position = position, .body_bytes = body_bytes});
  if (consumers_.anyone_ready()) dispatch();
}

void Queue::restore(QueuedMessage message) {
  BB_ASSERT(consumers_.empty() && message.position != 0);
  messages_.push(std::move(message));
}

std::optional<QueuedMessage> Queue::pop() {
  auto first = messages_.pop();
  if (first && first->position > delivered_) {
    delivered_ = first->position;
    context_.storage.delivered(id_, delivered_);
  }
  return first;
}

void Queue::requeue(QueuedMessage message) {
  if (closed_) return settle(message);
  message.redelivered = true;
  ++message.delivery_count;
  if (message.position != 0) {
    context_.storage.requeued(id_, message.position, message.delivery_count);
  }
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
  messages_.for_each([&](const QueuedMessage& message) {
    if (message.position != 0) visit(message);
  });
}

void Queue::dispatch() {
  // A delivery may free its own consumer and so resume(); this loop serves it.
  if (dispatching_) return;
  dispatching_ = true;
  while (message_count() > 0) {
    Consumer* const consumer = consumers_.next();
    if (consumer == nullptr) break;
    consumer->deliver(*pop());
  }
  dispatching_ = false;
}

void Queue::add_consumer(Consumer* consumer, bool exclusive, std::int64_t priority) {
  BB_ASSERT(!closed_);
  consumers_.add(*consumer, priority, exclusive);
  had_consumer_ = true;
  dispatch();
}

void Queue::remove_consumer(Consumer* consumer) {
  consumers_.remove(*consumer);
}

void Queue::resume(Consumer* consumer) {
  if (closed_) return;
  consumers_.resume(*consumer);
  dispatch();
}

std::uint32_t Queue::purge() {
  const std::uint32_t count = message_count();
  messages_.for_each([this](const QueuedMessage& message) { settle(message); });
  messages_.clear();
  return count;
}

void Queue::close() {
  BB_ASSERT(!closed_);
  if (survives()) context_.storage.forget_queue(id_);
  closed_ = true;
  purge();
  while (Consumer* const consumer = consumers_.remove_first()) consumer->cancelled();
}

const Binding* Queue::find_binding(const Binding& binding) const {
  const auto [first, last] = bindings_.equal_range(binding_key(binding));
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == binding; });
  return found == last ? nullptr : &found->second;
}

void Queue::add_binding(Binding binding) {
  auto key = binding_key(binding);
  bindings_.emplace(std::move(key), std::move(binding));
}

void Queue::remove_binding(const Binding& binding) {
  const auto [first, last] = bindings_.equal_range(binding_key(binding));
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == binding; });
  BB_ASSERT(found != last);
  bindings_.erase(found);
}

}  // namespace bb::broker
