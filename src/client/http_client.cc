#include "client/http_client.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <utility>

#include "client/resolve.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr unsigned kHttp11 = 11;

std::unexpected<Error> unreachable(const HttpUrl& url, std::string_view problem) {
  return fail(ErrorCode::kUnreachable, fmt::format("{}: {}", url.redacted(), problem));
}

// The first address that takes the connection.
asio::awaitable<Result<void>> connect(tcp::socket& socket, const HttpUrl& url,
                                      Clock::time_point deadline) {
  auto addresses = co_await resolve(url.host, deadline);
  if (!addresses) co_return fail(std::move(addresses).error());
  error_code failed;
  auto left = static_cast<std::int64_t>(addresses->size());
  for (const auto& address : *addresses) {
    // An address that swallows packets leaves the others their share of the time.
    const auto now = Clock::now();
    const auto attempting = std::make_shared<bool>(true);
    asio::steady_timer timer(socket.get_executor(), now + (deadline - now) / left--);
    timer.async_wait([&socket, attempting](const error_code& error) {
      if (error || !*attempting) return;
      error_code ignored;
      socket.close(ignored);
    });
    const tcp::endpoint endpoint(address, url.port);
    const auto [error] = co_await socket.async_connect(endpoint, kTuple);
    *attempting = false;
    if (!error) co_return Result<void>{};
    error_code ignored;
    socket.close(ignored);
    if (!failed) failed = error;
  }
  co_return unreachable(
      url, failed == asio::error::operation_aborted ? "no answer in time" : failed.message());
}

// What a failed exchange says about the server.
std::unexpected<Error> exchange_failed(const HttpUrl& url, const error_code& error) {
  if (error == http::error::body_limit) {
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("{}: the answer is larger than {} MB", url.redacted(),
                            kHttpAnswerBytesMax >> 20));
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::error::connection_reset) {
    return unreachable(url, "the connection was closed without a complete answer");
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    return unreachable(url, "what listens there does not speak HTTP");
  }
  return unreachable(url, error.message());
}

template <class Stream>
asio::awaitable<Result<HttpResponse>> exchange(Stream& stream, const HttpUrl& url,
                                               HttpRequest& request) {
  http::request<http::string_body> message(http::string_to_verb(request.method), request.target,
                                           kHttp11);
  message.set(http::field::host, url.authority());
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
  parser.body_limit(kHttpAnswerBytesMax);
  const auto [read_error, read] = co_await http::async_read(stream, buffer, parser, kTuple);
  if (read_error) {
    co_return exchange_failed(url, write_error && read == 0 ? write_error : read_error);
  }
  HttpResponse response;
  response.status = parser.get().result_int();
  response.body = std::move(parser.get().body());
  co_return response;
}

// Why the handshake failed, in OpenSSL's words where the certificate is to blame.
std::string tls_problem(SSL* ssl, const error_code& error) {
  const auto verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return fmt::format(
        "its certificate cannot be trusted: {} (SSL_CERT_FILE can name a file of authorities to "
        "trust)",
        X509_verify_cert_error_string(verified));
  }
  if (error.message().find("wrong version number") != std::string::npos) {
    return "what listens there does not speak TLS; is it http:// instead of https://?";
  }
  return fmt::format("TLS: {}", error.message());
}

asio::awaitable<Result<HttpResponse>> exchange_over_tls(tcp::socket socket, const HttpUrl& url,
                                                        HttpRequest& request) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  error_code error;
  context.set_default_verify_paths(error);
  if (!error) context.set_verify_mode(asio::ssl::verify_peer, error);
  if (error) co_return unreachable(url, fmt::format("TLS: {}", error.message()));
  asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host), error);
  // RFC 6066 §3: names alone, no addresses.
  if (!local_addresses(url.host) || url.host == "localhost") {
    std::string name = url.host;  // what OpenSSL's macro would call, without its casts
    (void)SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   name.data());
  }
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, kTuple);
  if (failed) co_return unreachable(url, tls_problem(stream.native_handle(), failed));
  co_return co_await exchange(stream, url, request);
}

}  // namespace

asio::awaitable<Result<HttpResponse>> send_http(HttpUrl url, HttpRequest request,
                                                Clock::time_point deadline) {
  tcp::socket socket(co_await asio::this_coro::executor);
  auto connected = co_await connect(socket, url, deadline);
  if (!connected) co_return fail(std::move(connected).error());
  if (url.tls) co_return co_await exchange_over_tls(std::move(socket), url, request);
  co_return co_await exchange(socket, url, request);
}

}  // namespace bb::client
