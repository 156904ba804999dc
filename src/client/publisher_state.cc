#include "client/publisher_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "amqp/return_text.h"
#include "base/assert.h"
#include "base/try.h"
#include "client/channel_protocol.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;

// What the log and the queues of a broker say that is full or does not accept it.
Error refused(std::string_view routing_key, std::string_view exchange) {
  return {ErrorCode::kNacked,
          fmt::format("the broker refused the message '{}' for the exchange '{}': a queue is full, "
                      "or the exchange checks schemas; its log or its quarantine says more",
                      routing_key, exchange)};
}

Error unroutable(std::string_view routing_key, std::string_view exchange) {
  return {ErrorCode::kNoRoute,
          fmt::format("no queue received the message '{}': nothing is bound to "
                      "the exchange '{}' for it",
                      routing_key, exchange)};
}

Error closed() {
  return {ErrorCode::kClosed,
          "the publisher was closed before the broker had answered for the message"};
}

}  // namespace

PublisherState::PublisherState(const asio::any_io_executor& executor, PublisherOptions options)
    : executor_(executor),
      options_(std::move(options)),
      connector_(executor, options_.connector),
      changed_(executor),
      work_(executor),
      spool_timer_(executor) {
  if (!options_.spool.empty())
    spool_.emplace(options_.spool, options_.on_spool_trouble, options_.on_spool_published);
  connector_.on_failure([this](const Error& error) { lost(error); });
}

Result<std::uint64_t> PublisherState::publish(const OutgoingMessage& message) {
  if (closing_) return fail(ErrorCode::kClosed, "the publisher is closed");
  BB_TRY(check_short_string("the routing key", message.routing_key));
  scratch_.clear();
  encode_properties(scratch_, message.properties);
  const std::size_t bytes = message.routing_key.size() + scratch_.size() + message.body.size();
  if (!has_room(bytes)) {
    return fail(ErrorCode::kResourceError,
                fmt::format("{} messages with {} bytes wait for the broker's confirm: no more are "
                            "taken before it answers",
                            unsettled_, unsettled_bytes_));
  }
  Entry entry{.bytes = {},
              .key_bytes = static_cast<std::uint16_t>(message.routing_key.size()),
              .properties_bytes = static_cast<std::uint32_t>(scratch_.size()),
              .mandatory = message.mandatory};
  entry.bytes.reserve(bytes);
  entry.bytes += message.routing_key;
  entry.bytes += as_text(scratch_.view());
  entry.bytes += message.body;
  entries_.push_back(std::move(entry));
  ++unsettled_;
  unsettled_bytes_ += bytes;
  const std::uint64_t number = last_number();
  if (spooling_ && !std::exchange(spool_posted_, true)) {
    asio::post(executor_, [self = shared_from_this()] { self->spool_waiting(); });
  }
  // In most cases there is room right away.
  if (next_number_ == number && may_send()) {
    if (!send_next()) work_.notify();
  } else if (in_flight_ == 0 || next_number_ == number) {
    work_.notify();
  }
  return number;
}

Result<PendingPtr<Kept>> PublisherState::publish_with_outcome(const OutgoingMessage& message) {
  BB_TRY_ASSIGN(const std::uint64_t number, publish(message));
  auto waiter = std::make_shared<Pending<Kept>>(executor_);
  waiters_.emplace(number, waiter);
  return waiter;
}

bool PublisherState::has_room(std::uint64_t bytes) const {
  return unsettled_ == 0 || (unsettled_ < options_.unsettled_max &&
                             unsettled_bytes_ + bytes <= options_.unsettled_bytes_max);
}

bool PublisherState::may_send() const {
  return session_open_ && channel_->is_writable() &&
         (in_flight_ == 0 || next_number_ > one_by_one_up_to_ + 1);
}

OutgoingMessage PublisherState::message_of(const Entry& entry) const {
  const std::string_view bytes = entry.bytes;
  const auto properties =
      amqp::decode_properties(as_bytes(bytes.substr(entry.key_bytes, entry.properties_bytes)));
  BB_ASSERT(properties.has_value());
  return {.exchange = options_.exchange,
          .routing_key = bytes.substr(0, entry.key_bytes),
          .properties = *properties,
          .body = bytes.substr(entry.key_bytes + entry.properties_bytes),
          .mandatory = entry.mandatory};
}

// False when nothing more can be sent on this channel.
bool PublisherState::send_next() {
  const std::uint64_t number = next_number_;
  Entry& next = entry(number);
  if (!next.settled) {
    const auto sent = channel_->publish(message_of(next));
    if (!sent) {
      const ErrorCode code = sent.error().code;
      // It is at fault itself, and the channel as before.
      if (channel_->is_open() && code != ErrorCode::kResourceError) {
        ++next_number_;
        asio::post(executor_, [self = shared_from_this(), number, error = sent.error()] {
          self->settle(number, fail(error));
        });
        return true;
      }
      return false;
    }
    sent_.push_back(number);
    ++in_flight_;
  }
  ++next_number_;
  return true;
}

void PublisherState::pump() {
  while (next_number_ <= last_number() && may_send()) {
    if (!send_next()) return;
  }
}

void PublisherState::on_confirm(const Confirm& confirm) {
  if (confirm.sequence < first_sequence_) return;
  const std::uint64_t number = sent_[confirm.sequence - first_sequence_];
  BB_ASSERT(in_flight_ > 0);
  --in_flight_;
  const Entry& settled = entry(number);
  const std::string routing_key = confirm.nacked || confirm.returned
                                      ? settled.bytes.substr(0, settled.key_bytes)
                                      : std::string();
  if (confirm.nacked) {
    settle(number, fail(refused(routing_key, options_.exchange)));
  } else if (!confirm.returned) {
    settle(number, Kept::kInQueue);
  } else if (confirm.return_text == amqp::kKeptInHistory) {
    settle(number, Kept::kInHistory);
  } else {
    settle(number, fail(unroutable(routing_key, options_.exchange)));
  }
  while (!sent_.empty() && sent_.front() < first_number_) {
    sent_.pop_front();
    ++first_sequence_;
  }
  if (next_number_ <= last_number()) work_.notify();
}

void PublisherState::settle(std::uint64_t number, Outcome outcome) {
  if (number < first_number_ || entry(number).settled) return;
  Entry& settled = entry(number);
  settled.settled = true;
  --unsettled_;
  unsettled_bytes_ -= settled.bytes.size();
  std::string().swap(settled.bytes);
  while (!entries_.empty() && entries_.front().settled) {
    entries_.pop_front();
    ++first_number_;
  }
  next_number_ = std::max(next_number_, first_number_);
  changed_.notify();
  if (on_settled) on_settled(number, outcome);
  if (waiters_.empty()) return;
  if (auto waiter = waiters_.extract(number)) waiter.mapped()->set(std::move(outcome));
}

void PublisherState::settle_all(const Error& error) {
  const std::uint64_t last = last_number();
  for (std::uint64_t number = first_number_; number <= last; ++number) settle(number, fail(error));
}

void PublisherState::lost(const Error& error) {
  last_failure_ = error;
  changed_.notify();
  if (on_connection) on_connection(&error);
}

void PublisherState::watch_for_spool() {
  if (!spool_ || session_open_ || stopped_) return;
  spool_timer_.expires_after(options_.spool_after);
  spool_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || self->session_open_ || self->stopped_) return;
    self->spooling_ = true;
    self->spool_waiting();
  });
}

// All that is not settled, to the spool, in order.
void PublisherState::spool_waiting() {
  spool_posted_ = false;
  if (session_open_ || unsettled_ == 0) return;
  std::vector<OutgoingMessage> messages;
  messages.reserve(unsettled_);
  for (const Entry& waiting : entries_) {
    if (!waiting.settled) messages.push_back(message_of(waiting));
  }
  const Result<void> kept = spool_->append(messages);
  const std::uint64_t last = last_number();
  for (std::uint64_t number = first_number_; number <= last; ++number) {
    settle(number, kept ? Outcome(Kept::kInSpool) : Outcome(fail(kept.error())));
  }
}

asio::awaitable<void> PublisherState::run(Pointer self) {
  self->watch_for_spool();
  while (!self->stopped_) {
    auto connection = co_await self->connector_.connect();
    if (!connection) break;
    self->connection_.emplace(*std::move(connection));
    self->connection_->on_closed([weak = self->weak_from_this()](const Error&) {
      if (const auto alive = weak.lock()) alive->work_.notify();
    });
    co_await serve(self);
    if (self->stopped_) co_await self->connection_->close();
    self->connection_.reset();
    self->changed_.notify();
  }
}

// One channel after the other, while the connection lasts.
asio::awaitable<void> PublisherState::serve(Pointer self) {
  while (!self->stopped_ && self->connection_->is_open()) {
    const auto opened = co_await open_session(self);
    if (!opened) {
      self->channel_.reset();
      if (self->stopped_) co_return;
      // The exchange is another one, or not for us: that is the answer to everything that waits.
      if (self->connection_->is_open()) self->settle_all(opened.error());
      self->lost(opened.error());
      co_await self->connector_.pause();
      continue;
    }
    self->connector_.lasted();
    while (!self->stopped_ && self->channel_->is_open()) {
      self->pump();
      const bool full = self->next_number_ <= self->last_number() && !self->channel_->is_writable();
      if (full) {
        if (!co_await self->channel_->writable()) break;
      } else {
        co_await self->work_.wait();
      }
    }
    if (self->stopped_) co_return;
    self->end_session(self->channel_->failure());
  }
}

asio::awaitable<Result<void>> PublisherState::open_session(Pointer self) {
  auto opened = co_await self->connection_->open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  if (self->stopped_) co_return fail(closed());
  self->channel_.emplace(*std::move(opened));
  if (self->options_.declare) {
    const ExchangeOptions options = self->options_.exchange_options;
    auto declared = co_await self->channel_->declare_exchange(self->options_.exchange, options);
    if (!declared) co_return declared;
    if (self->stopped_) co_return fail(closed());
  }
  if (auto enabled = self->channel_->enable_confirms(); !enabled) co_return enabled;
  if (self->spool_) {
    auto drained = co_await self->spool_->drain(*self->connection_, self->options_.exchange);
    if (!drained) co_return drained;
    if (self->stopped_) co_return fail(closed());
    self->spooling_ = false;
    self->spool_timer_.cancel();
  }
  // The channel is destroyed before this object, and calls no handler afterwards.
  PublisherState* const state = self.get();
  state->channel_->on_confirm([state](const Confirm& confirm) { state->on_confirm(confirm); });
  state->channel_->on_closed([state](const Error&) { state->work_.notify(); });
  state->sent_.clear();
  state->first_sequence_ = 1;
  state->in_flight_ = 0;
  state->next_number_ = state->first_number_;
  state->session_open_ = true;
  state->last_failure_.reset();
  state->changed_.notify();
  if (state->on_connection) state->on_connection(nullptr);
  co_return Result<void>{};
}

void PublisherState::end_session(const Error& error) {
  session_open_ = false;
  watch_for_spool();
  changed_.notify();
  const bool by_broker = connection_->is_open();
  if (by_broker) {
    if (in_flight_ == 1 && next_number_ <= one_by_one_up_to_ + 1) {
      // It was alone.
      for (const std::uint64_t number : sent_) settle(number, fail(error));
    } else if (in_flight_ > 0) {
      one_by_one_up_to_ = next_number_ - 1;
    }
  }
  channel_.reset();
  lost(error);
}

void PublisherState::stop() {
  closing_ = stopped_ = true;
  session_open_ = false;
  spool_timer_.cancel();
  if (spool_) spool_waiting();
  settle_all(closed());
  connector_.stop();
  channel_.reset();  // what waits for it is resumed
  work_.notify();
}

void PublisherState::drop() {
  on_settled = nullptr;
  on_connection = nullptr;
  stop();
}

}  // namespace bb::client
