#include "client/connector.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/assert.h"
#include "base/try.h"
#include "tls/context.h"

namespace bb::client {

namespace asio = boost::asio;

namespace {

// From URL number `first` on, which becomes the one that took the connection; `stopped` ends it.
asio::awaitable<Result<Connection>> try_each(const ConnectorOptions& options, std::size_t& first,
                                             const bool* stopped) {
  const std::size_t start = first;
  Error failed{ErrorCode::kClosed, "stopped"};
  for (std::size_t i = 0; i < options.urls.size() && !*stopped; ++i) {
    const std::size_t index = (start + i) % options.urls.size();
    ConnectOptions connect = options.connect;
    connect.url = options.urls[index];
    auto connection = co_await Connection::connect(std::move(connect));
    if (connection) {
      first = index;
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

}  // namespace

Result<std::vector<amqp::Url>> broker_urls(const std::vector<std::string>& texts) {
  std::vector<amqp::Url> urls;
  for (const std::string& text : texts) {
    BB_TRY_ASSIGN(const std::vector<amqp::Url> some, amqp::parse_urls(text));
    urls.insert(urls.end(), some.begin(), some.end());
  }
  if (urls.empty()) return fail(ErrorCode::kUsage, "the URL of a broker is missing");
  for (const amqp::Url& url : urls) {
    if (!url.tls) continue;
    const auto context = tls::make_client_context(url.tls_parameters);
    if (!context) {
      return fail(context.error().code,
                  fmt::format("{}: {}", url.redacted(), context.error().message));
    }
  }
  return urls;
}

std::chrono::milliseconds round_time_max(const ConnectorOptions& options) {
  std::chrono::milliseconds time{0};
  for (const amqp::Url& url : options.urls) {
    time += url.connection_timeout.value_or(options.connect.timeout);
  }
  return time;
}

asio::awaitable<Result<Connection>> connect_to_any(const ConnectorOptions& options) {
  std::size_t first = 0;
  const bool stopped = false;
  co_return co_await try_each(options, first, &stopped);
}

Connector::Connector(const asio::any_io_executor& executor, ConnectorOptions options)
    : options_(std::move(options)), back_off_(options_.back_off), timer_(executor) {
  BB_ASSERT(!options_.urls.empty());
}

asio::awaitable<Result<Connection>> Connector::connect_once() {
  return try_each(options_, current_, &stopped_);
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
