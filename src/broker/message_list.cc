#include "broker/message_list.h"

#include <utility>

#include "base/assert.h"
#include "base/logging.h"

namespace bb::broker {
namespace {

// Kept in memory however much the other queues hold, so that a consumer that keeps up never waits
// for the disk.
constexpr std::size_t kHeadMin = 16;

}  // namespace

bool MessageList::load(BrokerContext& context, QueuedMessage& message) {
  if (message.message) return true;
  auto loaded = context.storage.load(message.position, context.memory);
  if (!loaded) {
    logging::error("message at {}: {}", message.position, loaded.error().message);
    return false;
  }
  message.message = *std::move(loaded);
  message.body_bytes = message.message->body().size();
  return true;
}

bool MessageList::must_page(const QueuedMessage& message) const {
  if (!paged_.empty()) return true;
  if (!message.message) return true;
  return message.position != 0 && context_.storage.keeps_bodies() && head_.size() >= kHeadMin &&
         context_.memory.bytes() > context_.options.resident_bytes_max;
}

void MessageList::push(QueuedMessage message) {
  message.sequence = next_sequence_++;
  body_bytes_ += message.body_bytes;
  if (must_page(message)) {
    paged_.push(std::move(message));
    return;
  }
  head_.push_back(std::move(message));
  next_paged_ = next_sequence_;
}

void MessageList::fill_head() {
  while (head_.empty() && !paged_.empty()) {
    QueuedMessage message = paged_.pop();
    message.sequence = next_paged_++;
    if (load(context_, message)) {
      head_.push_back(std::move(message));
    } else {
      body_bytes_ -= message.body_bytes;
      ++unreadable_;
    }
  }
}

const QueuedMessage* MessageList::front() {
  while (!returned_.empty()) {
    QueuedMessage& first = returned_.begin()->second;
    if (load(context_, first)) return &first;
    body_bytes_ -= first.body_bytes;
    ++unreadable_;
    returned_.erase(returned_.begin());
  }
  fill_head();
  return head_.empty() ? nullptr : &head_.front();
}

std::optional<QueuedMessage> MessageList::pop() {
  if (front() == nullptr) return std::nullopt;
  std::optional<QueuedMessage> first;
  if (!returned_.empty()) {
    first = std::move(returned_.extract(returned_.begin()).mapped());
  } else {
    first = std::move(head_.front());
    head_.pop_front();
  }
  body_bytes_ -= first->body_bytes;
  return first;
}

void MessageList::put_back(QueuedMessage message) {
  BB_ASSERT(message.sequence < (head_.empty() ? next_paged_ : head_.front().sequence));
  body_bytes_ += message.body_bytes;
  const std::uint64_t sequence = message.sequence;
  // What has come back may wait for long, and there may be much of it.
  if (message.position != 0 && context_.storage.keeps_bodies() && returned_.size() >= kHeadMin &&
      context_.memory.bytes() > context_.options.resident_bytes_max) {
    message.message.reset();
  }
  returned_.emplace(sequence, std::move(message));
}

void MessageList::for_each(const std::function<void(const QueuedMessage&)>& visit) const {
  for (const auto& [sequence, message] : returned_) visit(message);
  for (const QueuedMessage& message : head_) visit(message);
  paged_.for_each(visit);
}

void MessageList::clear() {
  returned_.clear();
  head_.clear();
  paged_.clear();
  next_paged_ = next_sequence_;
  body_bytes_ = 0;
}

}  // namespace bb::broker
