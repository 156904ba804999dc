// The shell of a connection: the socket, the protocol machine, and the coroutines that
// move bytes between them. Private to client/.
//
// Shared by the Connection, the states of its channels, and the coroutines, each of
// which may go last; the coroutines end once the socket is closed. Events are dispatched from
// the coroutines and timers alone, never from within an API call, so that a handler
// never runs inside its own caller. drop() is the exception, and calls no handlers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "client/protocol.h"
#include "client/signal.h"

namespace bb::client {

class ChannelState;
struct TlsFacts;
struct TlsLink;

class ConnectionState : public std::enable_shared_from_this<ConnectionState> {
 public:
  using Pointer = std::shared_ptr<ConnectionState>;
  using Clock = std::chrono::steady_clock;
  using Executor = boost::asio::any_io_executor;
  using ClosedHandler = std::function<void(const Error&)>;
  using BlockedHandler = std::function<void(bool blocked, const std::string& reason)>;

  ConnectionState(const Executor& executor, ProtocolOptions options);
  ~ConnectionState();
  ConnectionState(const ConnectionState&) = delete;
  ConnectionState& operator=(const ConnectionState&) = delete;

  const Executor& executor() const { return executor_; }
  Protocol& protocol() { return protocol_; }

  // The steps of connecting, in this order; each fails with kUnreachable, or as the
  // broker says, by `deadline` at the latest. The first reads the files that the URL names, and
  // does nothing for an amqp one: kInvalidUrl.
  Result<void> prepare_tls();
  static boost::asio::awaitable<Result<void>> connect_socket(Pointer self, std::string host,
                                                             std::uint16_t port,
                                                             Clock::time_point deadline);
  // Does nothing without TLS. Errors as of client::shake_hands() in tls.h.
  static boost::asio::awaitable<Result<void>> secure(Pointer self, Clock::time_point deadline);
  static boost::asio::awaitable<Result<void>> shake_hands(Pointer self, Clock::time_point deadline);

  // Waits for the end that Protocol::close() has asked for: as long as the peer takes our bytes,
  // and one second more.
  static boost::asio::awaitable<void> wait_closed(Pointer self);

  // Ends everything at once. Idempotent.
  void drop();

  // After anything was written to the protocol.
  void wake_writer() { output_ready_.notify(); }
  // What is on its way to the socket.
  std::size_t pending_bytes() const { return protocol_.output().size() + writing_.size(); }
  std::uint64_t written_bytes() const { return bytes_sent_ + pending_bytes(); }
  std::uint64_t delivered_bytes();
  // Of the handshake; null without TLS.
  const TlsFacts* tls_facts() const { return tls_facts_.get(); }
  // Notified when bytes were sent, and when the connection or a channel opens or ends.
  Signal& changed() { return changed_; }

  void add_channel(const std::shared_ptr<ChannelState>& channel);
  void remove_channel(ChannelKey key) { channels_.erase(key); }

  // Empty message unless it ended otherwise than by close().
  const Error& failure() const { return failure_; }
  // With one that is set too late, the handler is still called, later.
  void set_closed_handler(ClosedHandler handler);
  bool is_blocked() const { return blocked_; }
  const std::string& blocked_reason() const { return blocked_reason_; }
  void set_blocked_handler(BlockedHandler handler);
  // The Connection has gone: no handler is to be called.
  bool is_dropped() const { return dropped_; }

 private:
  using Action = void (ConnectionState::*)();

  // Two instances of each, so that a socket without TLS costs what it costs: nothing is asked or
  // copied on the way. `stream` is a part of `self`.
  template <class Stream>
  static boost::asio::awaitable<void> read_loop(Pointer self, Stream& stream);
  template <class Stream>
  static boost::asio::awaitable<void> write_loop(Pointer self, Stream& stream);
  template <class Stream>
  void start_loops(Stream& stream);
  void on_read_error(const boost::system::error_code& error);
  static boost::asio::awaitable<void> heartbeat_loop(Pointer self);

  void dispatch_events() noexcept;
  void on_event(Opened& event);
  void on_event(BlockedChanged& event);
  void on_event(ConnectionEnded& event);
  template <class ChannelEvent>
  void on_event(ChannelEvent& event);

  // Calls `action` then, unless it is called off or another one takes its place.
  void act_at(Clock::time_point time, Action action);
  void call_off();
  void report_closed();
  void close_socket();
  void on_handshake_timeout();
  void on_close_timeout();

  const Executor executor_;
  Protocol protocol_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsLink> tls_;
  std::unique_ptr<TlsFacts> tls_facts_;
  Buffer writing_;                // being sent
  std::uint64_t bytes_sent_ = 0;  // in all: shows whether the peer still reads
  std::uint64_t bytes_sent_at_check_ = 0;

  Signal output_ready_;
  Signal changed_;
  boost::asio::steady_timer action_timer_;
  boost::asio::steady_timer heartbeat_timer_;

  bool dropped_ = false;
  bool dispatching_ = false;
  Error failure_{ErrorCode::kClosed, {}};
  bool blocked_ = false;
  std::string blocked_reason_;
  // Shared, so that a handler may replace or drop itself while it runs.
  std::shared_ptr<const ClosedHandler> on_closed_;
  std::shared_ptr<const BlockedHandler> on_blocked_;

  std::unordered_map<ChannelKey, std::weak_ptr<ChannelState>> channels_;
};

}  // namespace bb::client
