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

Queue::Queue(QueueId id, std::string name, Properties properties, Storage& storage)
    : id_(id), name_(std::move(name)), properties_(std::move(properties)), storage_(storage) {}

void Queue::push(Message::Ptr message, Position position) {
  BB_ASSERT(!closed_);
  fresh_.push_back({std::move(message), next_sequence_++, position, /*redelivered=*/false});
  if (!waiting_.empty()) dispatch();
}

std::optional<QueuedMessage> Queue::pop() {
  if (!returned_.empty()) return std::move(returned_.extract(returned_.begin()).mapped());
  if (fresh_.empty()) return std::nullopt;
  QueuedMessage first = std::move(fresh_.front());
  fresh_.pop_front();
  return first;
}

void Queue::requeue(QueuedMessage message) {
  if (closed_) return;
  message.redelivered = true;
  BB_ASSERT(fresh_.empty() || message.sequence < fresh_.front().sequence);
  const std::uint64_t sequence = message.sequence;
  returned_.emplace(sequence, std::move(message));
}

void Queue::settle(const QueuedMessage& message) {
  if (message.position != 0 && !closed_) storage_.acknowledge(id_, message.position);
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
  for (const auto& [sequence, message] : returned_) settle(message);
  for (const QueuedMessage& message : fresh_) settle(message);
  returned_.clear();
  fresh_.clear();
  return count;
}

void Queue::close() {
  BB_ASSERT(!closed_);
  if (properties_.durable) storage_.forget_queue(id_);
  closed_ = true;
  returned_.clear();
  fresh_.clear();
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
