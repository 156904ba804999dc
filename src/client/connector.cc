#include "client/connector.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/assert.h"

namespace bb::client {

namespace asio = boost::asio;

Connector::Connector(const asio::any_io_executor& executor, ConnectorOptions options)
    : options_(std::move(options)), back_off_(options_.back_off), timer_(executor) {
  BB_ASSERT(!options_.urls.empty());
}

asio::awaitable<Result<Connection>> Connector::connect_once() {
  const std::size_t first = current_;
  Error failed{ErrorCode::kClosed, "stopped"};
  for (std::size_t i = 0; i < options_.urls.size() && !stopped_; ++i) {
    const std::size_t index = (first + i) % options_.urls.size();
    ConnectOptions connect = options_.connect;
    connect.url = options_.urls[index];
    auto connection = co_await Connection::connect(std::move(connect));
    if (connection) {
      current_ = index;
      co_return connection;
    }
    Error& error = connection.error();
    if (i == 0) {
      failed = std::move(error);
    } else {
      failed.message += "; " + error.message;
    }
  }
  co_return fail(std::move(failed));
}

asio::awaitable<Result<Connection>> Connector::connect() {
  while (!stopped_) {
    auto connection = co_await connect_once();
    if (stopped_) break;
    if (connection) co_return connection;
    if (on_failure_) on_failure_(connection.error());
    co_await pause();
  }
  co_return fail(ErrorCode::kClosed, "closed");
}

asio::awaitable<void> Connector::pause() {
  if (stopped_) co_return;
  timer_.expires_after(back_off_.next());
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Connector::stop() {
  stopped_ = true;
  timer_.cancel();
}

}  // namespace bb::client
