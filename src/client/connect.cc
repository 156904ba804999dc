// The part of ConnectionState that gets a connection going.
#include <fmt/core.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

#include "base/try.h"
#include "client/connection_state.h"
#include "client/handshake.h"
#include "client/resolve.h"
#include "client/tls_link.h"
#include "tls/context.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// This machine has no way to such an address: another one's refusal says more.
bool says_little(const error_code& error) {
  return error == asio::error::address_family_not_supported ||
         error == asio::error::network_unreachable || error == asio::error::host_unreachable ||
         error.value() == EADDRNOTAVAIL;
}

std::string reason(const error_code& error) {
  // The attempt's time ran out and its socket was closed.
  if (error == asio::error::operation_aborted) return "no answer in time";
  return error.message();
}

Error cannot_connect(const std::string& peer, const Addresses& addresses, const error_code& error) {
  std::string tried;
  for (const auto& address : addresses) {
    tried += tried.empty() ? "" : ", ";
    tried += address.to_string();
  }
  return {ErrorCode::kUnreachable,
          fmt::format("cannot connect to the broker at {}: {} (tried {}); is it running there? "
                      "`bb serve` starts one",
                      peer, reason(error), tried)};
}

}  // namespace

asio::awaitable<Result<void>> ConnectionState::connect_socket(Pointer self, std::string host,
                                                              std::uint16_t port,
                                                              Clock::time_point deadline) {
  auto addresses = co_await resolve(std::move(host), deadline);
  if (!addresses) co_return fail(std::move(addresses).error());

  error_code failed;
  auto left = static_cast<std::int64_t>(addresses->size());
  for (const auto& address : *addresses) {
    // An address that swallows packets leaves the others their share of the time.
    const auto now = Clock::now();
    self->act_at(now + (deadline - now) / left--, &ConnectionState::close_socket);
    const asio::ip::tcp::endpoint endpoint(address, port);
    const auto [error] =
        co_await self->socket_.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
    self->call_off();
    if (!error) {
      error_code ignored;
      self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
      co_return Result<void>{};
    }
    error_code ignored;
    self->socket_.close(ignored);
    if (self->dropped_) co_return fail(ErrorCode::kClosed, "the connection was dropped");
    if (!failed || says_little(failed)) failed = error;
  }
  co_return fail(cannot_connect(self->protocol_.peer(), *addresses, failed));
}

Result<void> ConnectionState::prepare_tls() {
  const amqp::Url& url = protocol_.url();
  if (!url.tls) return {};
  auto context = tls::make_client_context(url.tls_parameters);
  if (!context) {
    return fail(context.error().code,
                fmt::format("{}: {}", url.redacted(), context.error().message));
  }
  tls_ = std::make_unique<TlsLink>(tls_peer(url), *std::move(context), socket_);
  return {};
}

asio::awaitable<Result<void>> ConnectionState::secure(Pointer self, Clock::time_point deadline) {
  if (!self->tls_) co_return Result<void>{};
  self->act_at(deadline, &ConnectionState::close_socket);
  auto secured = co_await client::shake_hands(self->tls_->stream, self->tls_->peer);
  self->call_off();
  if (self->dropped_) co_return fail(ErrorCode::kClosed, "the connection was dropped");
  if (secured) self->tls_facts_ = std::make_unique<TlsFacts>(facts_of(self->tls_->stream));
  co_return secured;
}

TlsPeer tls_peer(const amqp::Url& url) {
  TlsPeer peer;
  peer.label = url.redacted();
  peer.host = url.host;
  peer.parameters = url.tls_parameters;
  peer.trust_advice = "name a file with its certificate in the URL, as in ?cacertfile=ca.pem";
  peer.plain_advice = "use the broker's port for TLS (5671), or amqp:// in place of amqps://";
  return peer;
}

void ConnectionState::on_handshake_timeout() {
  if (protocol_.awaits_login()) {
    protocol_.end(unanswered_login(protocol_.url()));
  } else {
    protocol_.end({ErrorCode::kUnreachable,
                   fmt::format("{} accepted the connection but did not complete the AMQP handshake "
                               "in time: check that the port of the URL is the broker's AMQP port",
                               protocol_.peer())});
  }
  dispatch_events();
  close_socket();
}

}  // namespace bb::client
