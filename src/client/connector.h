// Gets a connection to one of several brokers, and another one whenever that has ended.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <vector>

#include "client/back_off.h"
#include "client/connection.h"

namespace bb::client {

struct ConnectorOptions {
  ConnectorOptions() = default;  // no aggregate: see channel.h

  // The brokers of one cluster, at least one. Each has connect.timeout.
  std::vector<amqp::Url> urls;
  ConnectOptions connect;  // but for its URL
  BackOffOptions back_off;
};

// The URLs of a program's configuration, where a text may hold several: parse_urls(). Their files
// of TLS are read once, so that one that is not there is told at the start. kUsage for none,
// kInvalidUrl.
Result<std::vector<amqp::Url>> broker_urls(const std::vector<std::string>& texts);

// How long a round over all URLs takes at most: each has its own connection_timeout, or
// connect.timeout.
std::chrono::milliseconds round_time_max(const ConnectorOptions& options);

// Each URL once, in order, until one takes the connection. The error has the code of the first, and
// tells of all. For programs that connect once; the options are borrowed until it is done.
boost::asio::awaitable<Result<Connection>> connect_to_any(const ConnectorOptions& options);

// On one executor; not thread-safe. Outlives its coroutines.
class Connector {
 public:
  Connector(const boost::asio::any_io_executor& executor, ConnectorOptions options);

  // As connect_to_any(), the URL of the last connection first.
  boost::asio::awaitable<Result<Connection>> connect_once();
  // The same, again and again, with pauses. kClosed after stop().
  boost::asio::awaitable<Result<Connection>> connect();

  // A connection that lasted: the next pause is a short one.
  void lasted() { back_off_.reset(); }
  // Waits as long as before another attempt.
  boost::asio::awaitable<void> pause();
  // Called after each round that failed.
  void on_failure(std::function<void(const Error&)> handler) { on_failure_ = std::move(handler); }
  // Ends connect() and pause(); an attempt under way comes to its end.
  void stop();
  bool stopped() const { return stopped_; }

  // Of the last connection, or the first.
  const amqp::Url& url() const { return options_.urls[current_]; }

 private:
  ConnectorOptions options_;
  std::size_t current_ = 0;
  BackOff back_off_;
  boost::asio::steady_timer timer_;
  std::function<void(const Error&)> on_failure_;
  bool stopped_ = false;
};

}  // namespace bb::client
