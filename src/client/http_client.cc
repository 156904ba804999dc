#include "client/http_client.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "client/http_transport.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr unsigned kHttp11 = 11;

std::unexpected<Error> exchange_failed(const HttpUrl& url, const error_code& error,
                                       std::size_t answer_bytes_max) {
  if (error == http::error::body_limit) {
    return fail(ErrorCode::kContentTooLarge, fmt::format("{}: the answer is larger than {} MB",
                                                         url.redacted(), answer_bytes_max >> 20));
  }
  return unreachable(url, exchange_problem(error));
}

template <class Stream>
asio::awaitable<Result<HttpResponse>> exchange(Stream& stream, const HttpUrl& url,
                                               HttpRequest& request) {
  http::request<http::string_body> message(http::string_to_verb(request.method), request.target,
                                           kHttp11);
  message.set(http::field::host, url.host_header());
  message.set(http::field::user_agent, "bb/" BB_VERSION);
  // Some of RabbitMQ's resources have nothing to say, and refuse who wants JSON alone.
  message.set(http::field::accept, "application/json, */*;q=0.1");
  message.set(http::field::connection, "close");
  if (!request.authorization.empty()) {
    message.set(http::field::authorization, request.authorization);
  }
  if (!request.body.empty()) message.set(http::field::content_type, "application/json");
  message.body() = std::move(request.body);
  message.prepare_payload();
  const auto [write_error, written] = co_await http::async_write(stream, message, kTuple);

  // A server that refuses a long body may answer and close before it has read it all.
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(request.answer_bytes_max);
  const auto [read_error, read] = co_await http::async_read(stream, buffer, parser, kTuple);
  if (read_error) {
    co_return exchange_failed(url, write_error && read == 0 ? write_error : read_error,
                              request.answer_bytes_max);
  }
  HttpResponse response;
  response.status = parser.get().result_int();
  response.body = std::move(parser.get().body());
  co_return response;
}

asio::awaitable<Result<HttpResponse>> exchange_over_tls(tcp::socket& socket, const HttpUrl& url,
                                                        HttpRequest& request) {
  auto context = make_tls_context(url);
  if (!context) co_return fail(std::move(context).error());
  TlsStream stream(socket, *context);
  auto secured = co_await handshake_tls(stream, url);
  if (!secured) co_return fail(std::move(secured).error());
  co_return co_await exchange(stream, url, request);
}

}  // namespace

asio::awaitable<Result<HttpResponse>> send_http(HttpUrl url, HttpRequest request,
                                                std::chrono::steady_clock::time_point deadline) {
  tcp::socket socket(co_await asio::this_coro::executor);
  auto connected = co_await connect_tcp(socket, url, deadline);
  if (!connected) co_return fail(std::move(connected).error());
  if (url.tls) co_return co_await exchange_over_tls(socket, url, request);
  co_return co_await exchange(socket, url, request);
}

}  // namespace bb::client
