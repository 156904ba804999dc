#include "client/channel_state.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace bb::client {
namespace {

namespace asio = boost::asio;

// Enough to keep the socket busy, and little enough for a publisher to notice early that the
// broker does not keep up.
constexpr std::size_t kWritableBytes = 1 << 20;

}  // namespace

ChannelState::ChannelState(std::shared_ptr<ConnectionState> connection,
                           std::shared_ptr<ChannelProtocol> protocol)
    : connection_(std::move(connection)),
      protocol_(std::move(protocol)),
      confirmed_(connection_->executor()) {}

PendingPtr<Reply> ChannelState::expect(CallId id, std::function<void(const Reply&)> on_success) {
  auto answer = std::make_shared<Pending<Reply>>(connection_->executor());
  calls_.emplace(id, PendingCall{.answer = answer, .on_success = std::move(on_success)});
  connection_->wake_writer();
  return answer;
}

ChannelState::Call ChannelState::call_consume(const amqp::basic::Consume& method,
                                              Consumer consumer) {
  BB_TRY_ASSIGN(const CallId id, protocol_->call(method));
  // Registered as the answer is handed out: deliveries are right behind it.
  return expect(id, [this, consumer = std::move(consumer)](const Reply& reply) {
    consumers_.insert_or_assign(reply.text, consumer);
  });
}

ChannelState::Call ChannelState::call_cancel(const amqp::basic::Cancel& method) {
  BB_TRY_ASSIGN(const CallId id, protocol_->call(method));
  return expect(id, [this](const Reply& reply) { consumers_.erase(reply.text); });
}

ChannelState::Call ChannelState::call_close() {
  BB_TRY_ASSIGN(const CallId id, protocol_->close());
  return expect(id, {});
}

Result<void> ChannelState::enable_confirms() {
  BB_TRY(protocol_->enable_confirms());
  connection_->wake_writer();
  return {};
}

Result<std::uint64_t> ChannelState::publish(const OutgoingMessage& message) {
  BB_TRY_ASSIGN(const std::uint64_t sequence, protocol_->publish(message));
  if (protocol_->confirms()) ++unconfirmed_;
  connection_->wake_writer();
  return sequence;
}

Result<PendingPtr<Confirm>> ChannelState::publish_with_confirm(const OutgoingMessage& message) {
  if (!protocol_->confirms() && is_open()) {
    return fail(ErrorCode::kUsage, "publish_and_wait() needs enable_confirms() before it");
  }
  BB_TRY_ASSIGN(const std::uint64_t sequence, publish(message));
  auto confirm = std::make_shared<Pending<Confirm>>(connection_->executor());
  confirm_waiters_.emplace(sequence, confirm);
  return confirm;
}

asio::awaitable<Result<void>> ChannelState::wait_unconfirmed_at_most(Pointer self,
                                                                     std::size_t count) {
  while (self->unconfirmed_ > count) {
    if (self->ended_) co_return fail(self->end_);
    co_await self->confirmed_.wait();
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> ChannelState::wait_writable(Pointer self) {
  for (;;) {
    if (self->ended_) co_return fail(self->end_);
    if (self->is_writable()) co_return Result<void>{};
    co_await self->connection_->changed().wait();
  }
}

bool ChannelState::is_writable() const {
  return connection_->pending_bytes() < kWritableBytes && protocol_->flow_active();
}

void ChannelState::drop() {
  on_closed_.reset();
  if (protocol_->is_open()) {
    // Nobody waits for the answer, and the machine gives the number back when it comes.
    const auto closing = protocol_->close();
    BB_ASSERT(closing.has_value());
    connection_->wake_writer();
  }
  connection_->remove_channel(key());
  if (!ended_) {
    failure_ = {ErrorCode::kClosed, "the channel was dropped"};
    fail_waiters(failure_);
  }
}

void ChannelState::set_confirm_handler(ConfirmHandler handler) {
  on_confirm_ = handler ? std::make_shared<const ConfirmHandler>(std::move(handler)) : nullptr;
}

void ChannelState::set_closed_handler(ClosedHandler handler) {
  on_closed_ = handler ? std::make_shared<const ClosedHandler>(std::move(handler)) : nullptr;
  if (failure_.message.empty()) return;
  asio::post(connection_->executor(), [self = shared_from_this()] { self->report_closed(); });
}

void ChannelState::report_closed() {
  const auto handler = std::exchange(on_closed_, nullptr);
  if (handler && !connection_->is_dropped()) (*handler)(failure_);
}

void ChannelState::on_event(CallDone& event) {
  auto entry = calls_.extract(event.call);
  if (entry.empty()) return;
  PendingCall& call = entry.mapped();
  if (event.result && call.on_success) call.on_success(*event.result);
  call.answer->set(std::move(event.result));
}

void ChannelState::on_event(Confirmed& event) {
  const Confirm& confirm = event.confirm;
  if (confirm.sequence != 0) {
    BB_ASSERT(unconfirmed_ > 0);
    --unconfirmed_;
    confirmed_.notify();
    if (auto waiter = confirm_waiters_.extract(confirm.sequence)) waiter.mapped()->set(confirm);
  }
  const auto handler = on_confirm_;
  if (handler && !connection_->is_dropped()) (*handler)(confirm);
}

void ChannelState::on_event(Delivered& event) {
  const auto consumer = consumers_.find(event.delivery.consumer_tag);
  // None is left after cancel(), and the broker takes the message back with the channel.
  if (consumer == consumers_.end() || connection_->is_dropped()) return;
  const auto handler = consumer->second.on_delivery;
  (*handler)(std::move(event.delivery));
}

void ChannelState::on_event(ConsumerCancelled& event) {
  const auto consumer = consumers_.find(event.consumer_tag);
  if (consumer == consumers_.end()) return;
  const auto handler = std::move(consumer->second.on_cancelled);
  consumers_.erase(consumer);
  if (handler && !connection_->is_dropped()) handler();
}

void ChannelState::on_event(ChannelEnded& event) {
  if (!event.by_close) failure_ = event.error;
  // The connection's entry goes, and with the last of the coroutines that wait this object.
  const auto self = shared_from_this();
  connection_->remove_channel(key());
  fail_waiters(event.error);
  if (!event.by_close) report_closed();
}

// What handlers hold is given back: it may be what holds the channel.
void ChannelState::fail_waiters(const Error& error) {
  ended_ = true;
  end_ = error;
  for (auto& [id, call] : std::exchange(calls_, {})) call.answer->set(fail(error));
  for (auto& [sequence, confirm] : std::exchange(confirm_waiters_, {})) confirm->set(fail(error));
  consumers_.clear();
  on_confirm_.reset();
  confirmed_.notify();
  connection_->changed().notify();
}

}  // namespace bb::client
