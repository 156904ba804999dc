// One connection to an endpoint, for one post after the other.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/span.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/span_body.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "bloodbank/result.h"
#include "client/http_transport.h"
#include "client/http_url.h"
#include "webhook/attempt.h"

namespace bb::webhook {

// What is read of an answer. The status and Retry-After decide; the body is read, so that the
// connection can be used again, and thrown away. What is wrong with it, or how long it is, changes
// nothing: past these limits the connection is not used again.
inline constexpr std::size_t kAnswerHeaderBytesMax = 16 << 10;
inline constexpr std::size_t kAnswerBodyBytesMax = 64 << 10;
inline constexpr std::chrono::seconds kAnswerBodyTimeMax{1};
// Interim answers (1xx, RFC 9110 §15.2) before the one that counts.
inline constexpr unsigned kInterimAnswersMax = 8;

using PostRequest = boost::beast::http::request<boost::beast::http::span_body<const char>>;

struct Exchange {
  // Not an aggregate: g++ 12 destroys those twice in a co_await expression.
  Exchange(AttemptResult came_to, bool answered, bool reusable)
      : result(std::move(came_to)), has_answer(answered), is_reusable(reusable) {}

  AttemptResult result;
  bool has_answer;   // a part of one at least
  bool is_reusable;  // the connection is ready for the next
};

// Not thread-safe: one executor. Does not move: its streams refer to each other.
class Connection {
 public:
  // Connects, and shakes hands where `tls` is not null; it outlives the connection, and `url` the
  // coroutine. Errors as of connect_tcp() and handshake_tls().
  static boost::asio::awaitable<Result<std::unique_ptr<Connection>>> open(
      const client::HttpUrl& url, client::AddressPolicy policy, boost::asio::ssl::context* tls,
      TimePoint deadline);

  explicit Connection(const boost::asio::any_io_executor& executor)
      : socket_(executor), buffer_(kBufferBytesMax) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends the request and reads the answer; `deadline` is for its header. Messages begin with the
  // URL, redacted. `url` and `request` are borrowed until the coroutine is done.
  boost::asio::awaitable<Exchange> exchange(const client::HttpUrl& url, const PostRequest& request,
                                            TimePoint deadline);

  // Whether the endpoint has neither closed it nor sent what was not asked for.
  bool is_quiet();

 private:
  static constexpr std::size_t kBufferBytesMax = kAnswerHeaderBytesMax + kAnswerBodyBytesMax;

  boost::asio::ip::tcp::socket socket_;
  std::optional<client::TlsStream> tls_;
  boost::beast::flat_buffer buffer_;  // empty between exchanges of a reusable connection
};

}  // namespace bb::webhook
