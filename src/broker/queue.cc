#include "broker/queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bb::broker {
namespace {

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
      messages_(context) {}

void Queue::push(Message::Ptr message, Position position) {
  BB_ASSERT(!closed_);
  const std::uint64_t body_bytes = message->body().size();
  messages_.push({.message = std::move(message), .position = position, .body_bytes = body_bytes});
  if (!waiting_.empty()) dispatch();
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
  while (message_count() > 0 && !waiting_.empty()) {
    Consumer* const consumer = waiting_.front();
    waiting_.pop_front();
    if (!consumer->can_take()) {
      consumer->waiting_ = false;
      continue;
    }
    waiting_.push_back(consumer);
    consumer->deliver(*pop());
  }
  dispatching_ = false;
}

void Queue::add_consumer(Consumer* consumer, bool exclusive) {
  BB_ASSERT(!closed_ && !exclusive_consumer_ && (!exclusive || consumers_.empty()));
  consumers_.push_back(consumer);
  exclusive_consumer_ = exclusive;
  had_consumer_ = true;
  wait_for_turn(consumer);
  dispatch();
}

void Queue::remove_consumer(Consumer* consumer) {
  const auto place = std::find(consumers_.begin(), consumers_.end(), consumer);
  BB_ASSERT(place != consumers_.end());
  consumers_.erase(place);
  exclusive_consumer_ = false;
  if (!consumer->waiting_) return;
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), consumer));
  consumer->waiting_ = false;
}

void Queue::resume(Consumer* consumer) {
  if (closed_) return;
  wait_for_turn(consumer);
  dispatch();
}

void Queue::wait_for_turn(Consumer* consumer) {
  if (std::exchange(consumer->waiting_, true)) return;
  waiting_.push_back(consumer);
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
  waiting_.clear();
  for (Consumer* consumer : std::exchange(consumers_, {})) {
    consumer->waiting_ = false;
    consumer->cancelled();
  }
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
