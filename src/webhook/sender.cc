#include "webhook/sender.h"

#include <fmt/format.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "base/try.h"
#include "client/resolve.h"
#include "webhook/address_guard.h"
#include "webhook/connection.h"

namespace bb::webhook {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Kind = AttemptResult::Kind;

constexpr unsigned kHttp11 = 11;
// Servers close what is idle after 5 s (Node.js) to minutes, which is_quiet() notices; this is for
// those behind something that forgets a connection without a word.
constexpr std::chrono::seconds kIdleTimeMax{60};

AttemptResult could_not_connect(const Error& error, TimePoint deadline) {
  if (error.code == ErrorCode::kAccessRefused) return {Kind::kAddressRefused, error.message};
  return {Clock::now() < deadline ? Kind::kUnreachable : Kind::kTimedOut, error.message};
}

}  // namespace

class WebhookSender::Impl {
 public:
  Impl(SenderOptions options, std::optional<asio::ssl::context> tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  asio::awaitable<AttemptResult> post(std::string_view id, std::chrono::sys_seconds now,
                                      std::string_view body);
  const client::HttpUrl& server() const { return options_.url.server; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    TimePoint since;
  };

  PostRequest make_request(std::string_view id, std::int64_t unix_seconds,
                           std::string_view signature, std::string_view body) const;
  // The one that was used last and is still good; null for none.
  std::unique_ptr<Connection> take_idle();
  // What came of an exchange; keeps the connection if it can be used again.
  AttemptResult settle(std::unique_ptr<Connection> connection, Exchange exchange);

  SenderOptions options_;
  std::optional<asio::ssl::context> tls_;
  std::vector<Idle> idle_;  // in the order of their last use; they refer to tls_
};

asio::awaitable<AttemptResult> WebhookSender::Impl::post(std::string_view id,
                                                         std::chrono::sys_seconds now,
                                                         std::string_view body) {
  const std::int64_t unix_seconds = now.time_since_epoch().count();
  const auto signature = sign(options_.secrets, id, unix_seconds, body);
  if (!signature) co_return AttemptResult(Kind::kUnsendable, signature.error().message);
  const PostRequest request = make_request(id, unix_seconds, *signature, body);
  const TimePoint deadline = Clock::now() + options_.timeout;

  if (auto kept = take_idle()) {
    Exchange exchange = co_await kept->exchange(server(), request, deadline);
    const bool was_closed = !exchange.has_answer && exchange.result.kind == Kind::kUnreachable;
    if (!was_closed) co_return settle(std::move(kept), std::move(exchange));
  }
  auto opened = co_await Connection::open(server(), options_.allow_private ? nullptr : check_public,
                                          tls_ ? &*tls_ : nullptr, deadline);
  if (!opened) co_return could_not_connect(opened.error(), deadline);
  Exchange exchange = co_await (*opened)->exchange(server(), request, deadline);
  co_return settle(*std::move(opened), std::move(exchange));
}

PostRequest WebhookSender::Impl::make_request(std::string_view id, std::int64_t unix_seconds,
                                              std::string_view signature,
                                              std::string_view body) const {
  PostRequest request(http::verb::post, options_.url.target, kHttp11);
  request.set(http::field::host, server().host_header());
  request.set(http::field::user_agent, "bloodbank/" BB_VERSION);
  request.set(http::field::accept, "*/*");
  request.set(http::field::content_type, "application/json");
  request.set("webhook-id", id);
  request.set("webhook-timestamp", std::to_string(unix_seconds));
  request.set("webhook-signature", signature);
  request.body() = boost::beast::span<const char>(body.data(), body.size());
  request.prepare_payload();
  return request;
}

std::unique_ptr<Connection> WebhookSender::Impl::take_idle() {
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (Clock::now() - last.since < kIdleTimeMax && last.connection->is_quiet()) {
      return std::move(last.connection);
    }
  }
  return nullptr;
}

AttemptResult WebhookSender::Impl::settle(std::unique_ptr<Connection> connection,
                                          Exchange exchange) {
  if (exchange.is_reusable && idle_.size() < options_.idle_connections_max) {
    idle_.push_back({std::move(connection), Clock::now()});
  }
  return std::move(exchange.result);
}

Result<WebhookSender> WebhookSender::make(SenderOptions options) {
  const client::HttpUrl& server = options.url.server;
  if (options.secrets.empty()) {
    return fail(ErrorCode::kUsage, "webhooks are signed: give at least one secret");
  }
  // Names are looked up, and their addresses checked, with every connection; but what can be said
  // now need not wait for an event.
  if (!options.allow_private) {
    for (const auto& address : client::local_addresses(server.host).value_or(client::Addresses())) {
      if (auto allowed = check_public(address); !allowed) {
        return fail(allowed.error().code,
                    fmt::format("{}: {}", server.redacted(), allowed.error().message));
      }
    }
  }
  std::optional<asio::ssl::context> tls;
  if (server.tls) {
    BB_TRY_ASSIGN(tls, client::make_tls_context(server));
  }
  return WebhookSender(std::make_unique<Impl>(std::move(options), std::move(tls)));
}

WebhookSender::WebhookSender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebhookSender::WebhookSender(WebhookSender&&) noexcept = default;
WebhookSender& WebhookSender::operator=(WebhookSender&&) noexcept = default;
WebhookSender::~WebhookSender() = default;

asio::awaitable<AttemptResult> WebhookSender::post(std::string_view id,
                                                   std::chrono::sys_seconds now,
                                                   std::string_view body) {
  return impl_->post(id, now, body);
}

std::string WebhookSender::name() const {
  return impl_->server().redacted();
}

}  // namespace bb::webhook
