// The shell of a channel: who waits for which answer, and which handler gets what.
// Private to client/. See connection_state.h for lifetimes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/try.h"
#include "client/channel.h"
#include "client/channel_protocol.h"
#include "client/connection_state.h"
#include "client/signal.h"

namespace bb::client {

class ChannelState : public std::enable_shared_from_this<ChannelState> {
 public:
  using Pointer = std::shared_ptr<ChannelState>;
  using Call = Result<PendingPtr<Reply>>;
  using ConfirmHandler = std::function<void(const Confirm&)>;
  using ClosedHandler = std::function<void(const Error&)>;

  // Shared, so that a handler may end its consumer while it runs.
  struct Consumer {
    std::shared_ptr<const std::function<void(Delivery)>> on_delivery;
    std::function<void()> on_cancelled;
  };

  ChannelState(std::shared_ptr<ConnectionState> connection,
               std::shared_ptr<ChannelProtocol> protocol);
  ChannelState(const ChannelState&) = delete;
  ChannelState& operator=(const ChannelState&) = delete;

  // Writes the method and gives what to wait for.
  template <class M>
  Call call(const M& method) {
    BB_TRY_ASSIGN(const CallId id, protocol_->call(method));
    return expect(id, {});
  }
  Call call_consume(const amqp::basic::Consume& method, Consumer consumer);
  Call call_cancel(const amqp::basic::Cancel& method);
  Call call_close();
  template <class M>
  Result<void> send(const M& method) {
    BB_TRY(protocol_->send(method));
    connection_->wake_writer();
    return {};
  }

  Result<void> enable_confirms();
  Result<std::uint64_t> publish(const OutgoingMessage& message);
  Result<PendingPtr<Confirm>> publish_with_confirm(const OutgoingMessage& message);
  std::size_t unconfirmed_count() const { return unconfirmed_; }
  static boost::asio::awaitable<Result<void>> wait_unconfirmed_at_most(Pointer self,
                                                                       std::size_t count);
  static boost::asio::awaitable<Result<void>> wait_writable(Pointer self);
  bool is_writable() const;

  // The Channel has gone: closes, and fails what waits. No handler is called any more.
  void drop();

  ChannelKey key() const { return protocol_->key(); }
  bool is_open() const { return protocol_->is_open() && !ended_; }
  const Error& failure() const { return failure_; }
  void set_confirm_handler(ConfirmHandler handler);
  void set_closed_handler(ClosedHandler handler);

  // From the connection, in the order of the wire.
  void on_event(CallDone& event);
  void on_event(Confirmed& event);
  void on_event(Delivered& event);
  void on_event(ConsumerCancelled& event);
  void on_event(ChannelEnded& event);

 private:
  struct PendingCall {
    PendingPtr<Reply> answer;
    std::function<void(const Reply&)> on_success;  // before whoever waits is resumed
  };

  PendingPtr<Reply> expect(CallId id, std::function<void(const Reply&)> on_success);
  void fail_waiters(const Error& error);
  void report_closed();

  const std::shared_ptr<ConnectionState> connection_;
  const std::shared_ptr<ChannelProtocol> protocol_;

  std::unordered_map<CallId, PendingCall> calls_;
  std::map<std::string, Consumer, std::less<>> consumers_;

  // Counted as confirms are handed out, which is a little after they were received.
  std::size_t unconfirmed_ = 0;
  std::unordered_map<std::uint64_t, PendingPtr<Confirm>> confirm_waiters_;
  Signal confirmed_;
  std::shared_ptr<const ConfirmHandler> on_confirm_;

  bool ended_ = false;
  Error end_{ErrorCode::kClosed, {}};      // what waiting calls fail with
  Error failure_{ErrorCode::kClosed, {}};  // the same unless close() ended it
  std::shared_ptr<const ClosedHandler> on_closed_;
};

}  // namespace bb::client
