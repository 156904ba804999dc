// Gets a connection to one of several brokers, and another one whenever that has ended.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
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

// On one executor; not thread-safe. Outlives its coroutines.
class Connector {
 public:
  Connector(const boost::asio::any_io_executor& executor, ConnectorOptions options);

  // Each URL once, that of the last connection first. The error has the code of the first, and
  // tells of all.
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
