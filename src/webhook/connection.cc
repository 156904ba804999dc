#include "webhook/connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "client/socket_deadline.h"

namespace bb::webhook {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using client::HttpUrl;
using client::SocketDeadline;
using Clock = std::chrono::steady_clock;
using Kind = AttemptResult::Kind;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// A body that goes nowhere. (Beast's named requirement BodyReader.)
struct DiscardedBody {
  struct value_type {};

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type&) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      return boost::beast::buffer_bytes(buffers);
    }
    void finish(error_code& error) { error = {}; }
  };
};

using AnswerParser = http::response_parser<DiscardedBody>;

// 101 is not: what follows it is no HTTP (RFC 9110 §15.2.2).
constexpr unsigned kSwitchingProtocols = 101;

constexpr bool is_interim(unsigned status) {
  return status < 200 && status != kSwitchingProtocols;
}

std::string problem_of(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return fmt::format("the header of the answer is larger than {} KiB",
                       kAnswerHeaderBytesMax >> 10);
  }
  return client::exchange_problem(error);
}

Exchange no_answer(const HttpUrl& url, Kind kind, std::string_view problem, bool has_part) {
  return {AttemptResult(kind, fmt::format("{}: {}", url.redacted(), problem)), has_part, false};
}

// Reads the rest of an answer, so that the next can follow; false when it is not worth it.
template <class Stream>
asio::awaitable<bool> discard_body(tcp::socket& socket, Stream& stream,
                                   boost::beast::flat_buffer& buffer, AnswerParser& parser) {
  if (parser.content_length().value_or(0) > kAnswerBodyBytesMax) co_return false;
  const SocketDeadline limit(socket, Clock::now() + kAnswerBodyTimeMax);
  std::size_t read_bytes = 0;
  while (!parser.is_done()) {
    const auto [error, bytes] = co_await http::async_read_some(stream, buffer, parser, kTuple);
    read_bytes += bytes;
    if (error || read_bytes > kAnswerBodyBytesMax) co_return false;
  }
  co_return !limit.expired() && parser.keep_alive() && buffer.size() == 0;
}

template <class Stream>
asio::awaitable<Exchange> exchange_on(tcp::socket& socket, Stream& stream,
                                      boost::beast::flat_buffer& buffer, const HttpUrl& url,
                                      const PostRequest& request, TimePoint deadline) {
  const SocketDeadline limit(socket, deadline);
  const auto [write_error, written] = co_await http::async_write(stream, request, kTuple);
  // An endpoint that refuses a long body may answer and close before it has read it all.
  for (unsigned interim = 0; interim <= kInterimAnswersMax; ++interim) {
    AnswerParser parser;
    parser.header_limit(kAnswerHeaderBytesMax);
    parser.body_limit(boost::none);
    const auto [error, read] = co_await http::async_read_header(stream, buffer, parser, kTuple);
    if (error) {
      const bool has_part = interim > 0 || parser.got_some() || buffer.size() > 0;
      if (limit.expired()) {
        co_return no_answer(url, Kind::kTimedOut, "no answer in time", has_part);
      }
      const error_code& cause = write_error && !has_part ? write_error : error;
      co_return no_answer(url, Kind::kUnreachable, problem_of(cause), has_part);
    }
    const unsigned status = parser.get().result_int();
    if (is_interim(status)) continue;
    AttemptResult result(status, std::string(parser.get()[http::field::retry_after]));
    const bool is_complete = co_await discard_body(socket, stream, buffer, parser);
    const bool is_reusable = is_complete && !write_error && status != kSwitchingProtocols;
    co_return Exchange(std::move(result), true, is_reusable);
  }
  co_return no_answer(url, Kind::kUnreachable, "it answers 1xx without an end", true);
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<Connection>>> Connection::open(const HttpUrl& url,
                                                                      client::AddressPolicy policy,
                                                                      asio::ssl::context* tls,
                                                                      TimePoint deadline) {
  auto connection = std::make_unique<Connection>(co_await asio::this_coro::executor);
  auto connected = co_await client::connect_tcp(connection->socket_, url, deadline, policy);
  if (!connected) co_return fail(std::move(connected).error());
  error_code ignored;  // it only makes answers slower
  connection->socket_.set_option(tcp::no_delay(true), ignored);
  if (tls == nullptr) co_return connection;

  connection->tls_.emplace(connection->socket_, *tls);
  const SocketDeadline limit(connection->socket_, deadline);
  auto secured = co_await client::handshake_tls(*connection->tls_, url);
  if (limit.expired()) co_return client::unreachable(url, "no answer in time");
  if (!secured) co_return fail(std::move(secured).error());
  co_return connection;
}

asio::awaitable<Exchange> Connection::exchange(const HttpUrl& url, const PostRequest& request,
                                               TimePoint deadline) {
  if (tls_) co_return co_await exchange_on(socket_, *tls_, buffer_, url, request, deadline);
  co_return co_await exchange_on(socket_, socket_, buffer_, url, request, deadline);
}

bool Connection::is_quiet() {
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace bb::webhook
