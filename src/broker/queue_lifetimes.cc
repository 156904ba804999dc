// How long messages and queues live: what the x-arguments of a queue ask for.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "broker/message_traits.h"
#include "broker/queue.h"

namespace bb::broker {

using std::chrono::milliseconds;

namespace {

// Until another try is made with what could not be dead-lettered: the storage cannot keep it, or it
// has to arrive and finds no way. Twice as long each time that nothing of it could.
constexpr milliseconds kBurialRetry{1000};
constexpr milliseconds kBurialRetryMax{32'000};
constexpr std::size_t kBurialsPerTry = 256;

}  // namespace

bool Queue::over_limit(std::uint64_t messages, std::uint64_t bytes) const {
  return (policy_.max_length && messages > *policy_.max_length) ||
         (policy_.max_length_bytes && bytes > *policy_.max_length_bytes);
}

bool Queue::has_room_for(std::size_t body_bytes) const {
  if (policy_.overflow == Overflow::kDropHead) return true;
  std::uint64_t messages = messages_.size();
  std::uint64_t bytes = messages_.body_bytes();
  // Dead letters that have to arrive may wait here for long.
  if (policy_.dead_letter_at_least_once) {
    messages += dead_.size();
    bytes += dead_bytes_;
  }
  return !over_limit(messages + 1, bytes + body_bytes);
}

void Queue::refuse(Message::Ptr message) {
  if (policy_.overflow != Overflow::kRejectPublishDlx) return;
  const std::uint64_t body_bytes = message->body().size();
  die({.message = std::move(message), .body_bytes = body_bytes}, DeathReason::kMaxLength);
}

void Queue::drop_surplus() {
  if (policy_.overflow != Overflow::kDropHead) return;
  while (over_limit(messages_.size(), messages_.body_bytes())) {
    auto first = messages_.pop();
    if (!first) return;
    ++context_.counters.dropped;
    die(*std::move(first), DeathReason::kMaxLength);
  }
}

void Queue::reject(QueuedMessage message) {
  if (stream_) return;
  if (closed_) return settle(message);
  die(std::move(message), DeathReason::kRejected);
}

void Queue::die(QueuedMessage message, DeathReason reason) {
  if (owner_ == nullptr || !policy_.dead_letter_exchange) return settle(message);
  dead_bytes_ += message.body_bytes;
  dead_.push_back({std::move(message), reason, context_.clock.wall_ms, {}});
  // While there is no way for those before it, it waits with them.
  if (dead_again_) {
    leave_to_storage(dead_.back().message);
  } else {
    ask_for_burial();
  }
}

void Queue::ask_for_burial() {
  ++burials_due_;
  owner_->dead_letter(*this);
}

void Queue::leave_to_storage(QueuedMessage& message) const {
  if (message.position != 0 && context_.storage.keeps_bodies()) message.message.reset();
}

std::optional<DeadMessage> Queue::take_dead() {
  if (burials_due_ > 0) --burials_due_;
  if (dead_.empty()) return std::nullopt;
  DeadMessage first = std::move(dead_.front());
  dead_.pop_front();
  dead_bytes_ -= first.message.body_bytes;
  return first;
}

void Queue::buried(const QueuedMessage& message) {
  settle(message);
  dead_wait_ = {};
  if (!dead_again_ && dead_.size() > burials_due_) ask_for_burial();
}

void Queue::give_back(DeadMessage dead) {
  leave_to_storage(dead.message);
  dead_bytes_ += dead.message.body_bytes;
  // Behind those that have yet to be tried: what finds no way must not stand in theirs.
  dead_.push_back(std::move(dead));
  if (dead_again_) return;
  dead_wait_ = std::clamp(2 * dead_wait_, kBurialRetry, kBurialRetryMax);
  dead_again_ = context_.clock.now + dead_wait_;
  set_timer();
}

std::optional<std::int64_t> Queue::expiry_ms(const Message& message) const {
  auto ttl = message_ttl(message);
  if (policy_.message_ttl) ttl = std::min(ttl.value_or(*policy_.message_ttl), *policy_.message_ttl);
  if (!ttl) return std::nullopt;
  return message.published_ms() + ttl->count();
}

// RabbitMQ looks at the first message only, too: one that expires behind one that does not waits.
bool Queue::drop_expired() {
  if (!may_expire_) return true;
  for (std::size_t left = context_.options.expiries_per_turn_max;; --left) {
    const QueuedMessage* const first = messages_.front();
    if (first == nullptr) {
      may_expire_ = policy_.message_ttl.has_value();
      return true;
    }
    const auto expiry = expiry_ms(*first->message);
    if (!expiry || *expiry > context_.clock.wall_ms) return true;
    if (left == 0) return false;
    die(*messages_.pop(), DeathReason::kExpired);
  }
}

std::optional<milliseconds> Queue::retry_delay(const QueuedMessage& message, Return how) const {
  const bool delayed =
      policy_.delayed_retry == DelayedRetry::kAll ||
      (policy_.delayed_retry == DelayedRetry::kFailed && how == Return::kFailed) ||
      (policy_.delayed_retry == DelayedRetry::kReturned && how == Return::kReturned);
  if (!delayed) return std::nullopt;
  // The delays are at most ten years in milliseconds: the product fits.
  constexpr std::uint32_t kCountMax = 1'000'000;
  return std::min(policy_.retry_min * std::min(message.delivery_count, kCountMax),
                  policy_.retry_max);
}

void Queue::touch() {
  if (!policy_.expires || !consumers_.empty() || closed_) return;
  unused_until_ = context_.clock.now + *policy_.expires;
  set_timer();
}

void Queue::on_time() {
  const TimePoint now = context_.clock.now;
  if (unused_until_ && *unused_until_ <= now) {
    if (owner_ != nullptr) owner_->delete_unused(*this);
    return;
  }
  if (dead_again_ && *dead_again_ <= now) {
    dead_again_.reset();
    // When these find their way, so does the rest: buried().
    const std::size_t tried = std::min(dead_.size(), kBurialsPerTry);
    while (burials_due_ < tried) ask_for_burial();
  }
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    put_back(std::move(delayed_.extract(delayed_.begin()).mapped()));
  }
  drop_expired();
  dispatch();
}

// To the next time at which something happens here by itself.
void Queue::set_timer() {
  if (closed_) return;
  std::optional<TimePoint> due = unused_until_;
  const auto no_later_than = [&](TimePoint time) { due = std::min(due.value_or(time), time); };
  if (dead_again_) no_later_than(*dead_again_);
  if (!delayed_.empty()) no_later_than(delayed_.begin()->first);
  if (may_expire_) {
    if (const QueuedMessage* const first = messages_.front()) {
      if (const auto expiry = expiry_ms(*first->message)) {
        const std::int64_t left = std::max<std::int64_t>(*expiry - context_.clock.wall_ms, 0);
        no_later_than(context_.clock.now + milliseconds(left));
      }
    }
  }
  if (!due) {
    context_.timers.cancel(*this);
  } else if (!is_set() || Timer::due() != *due) {
    context_.timers.set(*this, *due);
  }
}

}  // namespace bb::broker
