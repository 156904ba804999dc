#include "server/http_listener.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <utility>

#include "base/logging.h"
#include "server/management_api.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Out of descriptors or the like: let some connections end before accepting again.
constexpr std::chrono::milliseconds kAcceptPause{100};

using Parser = http::request_parser<http::string_body>;
using Answer = http::response<http::string_body>;

Answer to_answer(HttpResponse response, const Parser::value_type& request) {
  Answer answer(http::int_to_status(response.status), request.version());
  answer.set(http::field::server, "bloodbank");
  answer.set(http::field::cache_control, "no-cache");
  // A page of another site in a browser must not read this, nor be able to frame it.
  answer.set(http::field::x_frame_options, "DENY");
  answer.set("X-Content-Type-Options", "nosniff");
  if (!response.content_type.empty() && !response.body.empty()) {
    answer.set(http::field::content_type, response.content_type);
  }
  if (response.status == 401) {
    answer.set(http::field::www_authenticate, "Basic realm=\"Bloodbank\", charset=\"UTF-8\"");
  }
  answer.keep_alive(request.keep_alive());
  answer.body() = std::move(response.body);
  answer.prepare_payload();
  return answer;
}

}  // namespace

class HttpListener::Session {
 public:
  explicit Session(tcp::socket socket) : stream(std::move(socket)), pause(stream.get_executor()) {
    beast::error_code ec;
    const tcp::endpoint endpoint = stream.socket().remote_endpoint(ec);
    if (ec) return;
    asio::ip::address address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    peer_is_loopback = address.is_loopback();
    peer = fmt::format("{}:{}", address.to_string(), endpoint.port());
  }

  void close() {
    beast::error_code ignored;
    pause.cancel();
    stream.cancel();
    stream.socket().close(ignored);
  }

  beast::tcp_stream stream;
  asio::steady_timer pause;  // before the answer to a refused log-in
  beast::flat_buffer input;
  std::string peer;
  bool peer_is_loopback = false;
};

HttpListener::HttpListener(asio::io_context& context, broker::Broker& broker,
                           registry::ServiceTable& services, CorrelationKeeper* correlation,
                           HttpLimits limits)
    : context_(context),
      broker_(broker),
      services_(services),
      correlation_(correlation),
      limits_(limits),
      acceptor_(context) {}

HttpListener::~HttpListener() = default;

Result<std::uint16_t> HttpListener::listen(const asio::ip::address& address, std::uint16_t port) {
  beast::error_code ec;
  const tcp::endpoint endpoint(address, port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    return fail(ErrorCode::kIo,
                fmt::format("cannot listen on http://{}:{}: {}; choose another --http-port, 0 for "
                            "any free one, or --no-http",
                            address.to_string(), port, ec.message()));
  }
  return acceptor_.local_endpoint(ec).port();
}

void HttpListener::start() {
  asio::co_spawn(context_, accept_loop(this), asio::detached);
}

void HttpListener::stop() {
  stopping_ = true;
  beast::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : sessions_) session->close();
}

asio::awaitable<void> HttpListener::accept_loop(HttpListener* self) {
  while (!self->stopping_) {
    auto [ec, socket] = co_await self->acceptor_.async_accept(kTuple);
    if (self->stopping_) break;
    if (ec) {
      logging::warning("cannot accept an HTTP connection: {}", ec.message());
      asio::steady_timer pause(self->context_, kAcceptPause);
      co_await pause.async_wait(kTuple);
      continue;
    }
    if (self->sessions_.size() >= self->limits_.connections_max) {
      logging::warning("HTTP connection refused: the limit of {} is reached",
                       self->limits_.connections_max);
      continue;
    }
    const auto session = std::make_shared<Session>(std::move(socket));
    self->sessions_.insert(session);
    asio::co_spawn(self->context_, serve(self, session), asio::detached);
  }
}

asio::awaitable<void> HttpListener::serve(HttpListener* self, std::shared_ptr<Session> session) {
  while (!self->stopping_) {
    Parser parser;
    parser.body_limit(self->limits_.body_bytes_max);
    parser.header_limit(self->limits_.header_bytes_max);
    session->stream.expires_after(self->limits_.request_timeout);
    const auto [read_ec, read_bytes] =
        co_await http::async_read(session->stream, session->input, parser, kTuple);
    HttpResponse response;
    const bool too_large = read_ec == http::error::body_limit;
    if (too_large) {
      response.status = 413;
    } else if (read_ec) {
      break;
    } else {
      const Parser::value_type& message = parser.get();
      HttpRequest request;
      request.method = std::string(message.method_string());
      request.target = std::string(message.target());
      request.authorization = std::string(message[http::field::authorization]);
      request.body = message.body();
      request.peer = session->peer;
      request.peer_is_loopback = session->peer_is_loopback;
      response = handle_management(self->broker_, self->services_, self->correlation_, request);
      if (const auto later = std::move(response.later)) response = co_await later();
      while (response.more && response.more(response.body) && !self->stopping_) {
        co_await asio::post(self->context_, asio::use_awaitable);
      }
      if (response.login_refused) {
        const auto delay =
            self->broker_.login_refused(session->peer, std::chrono::steady_clock::now());
        logging::warning("HTTP log-in from {} refused", session->peer);
        session->stream.expires_never();
        session->pause.expires_after(delay);
        co_await session->pause.async_wait(kTuple);
        if (self->stopping_) break;
      }
      if (request.method == "HEAD") response.body.clear();
    }
    Answer answer = to_answer(std::move(response), parser.get());
    if (too_large) answer.keep_alive(false);
    session->stream.expires_after(self->limits_.response_timeout);
    const auto [write_ec, written] = co_await http::async_write(session->stream, answer, kTuple);
    if (write_ec || !answer.keep_alive()) break;
  }
  session->close();
  self->sessions_.erase(session);
}

}  // namespace bb::server
