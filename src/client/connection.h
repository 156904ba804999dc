// A connection to an AMQP 0-9-1 broker: `bb serve` or RabbitMQ, which this code
// never tells apart.
//
// Lifetime: destroying a Connection makes everything that waits on it fail with kClosed;
// its channels may outlive it. All of them go before their io_context does, or with it, as
// locals of its coroutines.
//
// Threads: everything runs on the executor of the coroutine that called
// connect(); nothing is thread-safe. Handlers are called from there too, never
// from within a call into this API. They must not throw.
//
// Failure: when the broker or the network closes the connection, every pending and
// every later call fails with the reason: kConnectionForced, kAccessRefused, ...
// as the broker said, or kClosed when it said nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "amqp/field_table.h"
#include "amqp/url.h"
#include "bloodbank/result.h"

namespace bb::client {

class Channel;
struct TlsFacts;
class ConnectionState;  // the shell and its sans-io protocol machine; private to client/

struct ConnectOptions {
  ConnectOptions() = default;  // no aggregate: see channel.h

  amqp::Url url;
  // For name resolution, TCP, and the whole handshake together. The URL's
  // connection_timeout wins where it is set.
  std::chrono::milliseconds timeout{5000};
  std::string connection_name = "bb";           // shown by the broker's management
  std::uint64_t body_bytes_max = 128ull << 20;  // larger deliveries close the channel
  // What may wait to be sent before publish() refuses; see Channel::writable().
  std::uint64_t output_bytes_max = 256ull << 20;
};

class Connection {
 public:
  // Errors: kUnreachable (nobody listens, no such host, no answer in time; the message
  // names host and port; or the broker's certificate is not to be trusted), kAccessRefused
  // (credentials, or a certificate of ours), kNotAllowed (vhost), kNotImplemented (no way to log in
  // that both sides know), kInvalidUrl (the URL's files: tls/context.h), and the broker's own.
  static boost::asio::awaitable<Result<Connection>> connect(ConnectOptions options);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  // Drops the connection without saying goodbye if it is still open.
  ~Connection();

  // kNotAllowed when channel_max channels are open. The broker is told and not waited for:
  // should it refuse, later calls fail.
  boost::asio::awaitable<Result<Channel>> open_channel();

  // Says goodbye and waits for the answer, at most one second. What was written
  // before it is sent first, for as long as the broker goes on reading. Idempotent.
  boost::asio::awaitable<void> close();

  // Ends it at once: whatever waits for it fails with kClosed; no handler is called.
  void drop();

  bool is_open() const;
  // Why the connection ended; empty message while it is open or after close().
  Error failure() const;
  // Called once if the connection ends other than by close().
  void on_closed(std::function<void(const Error&)> handler);

  // Of all that was written, heartbeats included, and of that what the peer's system has
  // acknowledged (TCP): the second rises for as long as a transfer goes on.
  std::uint64_t written_bytes() const;
  std::uint64_t delivered_bytes() const;

  // The broker is short of memory or disk and does not read from publishers: calls wait
  // until it is done. The reason is the broker's.
  bool is_blocked() const;
  const std::string& blocked_reason() const;
  // Called at each change.
  void on_blocked(std::function<void(bool blocked, const std::string& reason)> handler);

  const amqp::FieldTable& server_properties() const;
  // What tls.h tells of a connection with TLS; null without.
  const TlsFacts* tls_facts() const;

 private:
  explicit Connection(std::shared_ptr<ConnectionState> state);
  std::shared_ptr<ConnectionState> state_;
};

}  // namespace bb::client
