#include "client/http_transport.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "client/resolve.h"
#include "client/socket_deadline.h"
#include "tls/context.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Takes away what the policy refuses; the error is the first refusal, where nothing is left.
Result<void> keep_allowed(Addresses& addresses, const HttpUrl& url, AddressPolicy policy) {
  std::optional<Error> refused;
  std::erase_if(addresses, [&](const asio::ip::address& address) {
    auto allowed = policy(address);
    if (allowed) return false;
    if (!refused) refused = std::move(allowed).error();
    return true;
  });
  if (!addresses.empty() || !refused) return {};
  return fail(refused->code, fmt::format("{}: {}", url.redacted(), refused->message));
}

}  // namespace

asio::awaitable<Result<void>> connect_tcp(tcp::socket& socket, const HttpUrl& url,
                                          Clock::time_point deadline, AddressPolicy policy) {
  auto addresses = co_await resolve(url.host, deadline);
  if (!addresses) co_return fail(std::move(addresses).error());
  if (policy != nullptr) {
    if (auto allowed = keep_allowed(*addresses, url, policy); !allowed) co_return allowed;
  }
  error_code failed;
  auto left = static_cast<std::int64_t>(addresses->size());
  for (const auto& address : *addresses) {
    // An address that swallows packets leaves the others their share of the time.
    const auto now = Clock::now();
    const SocketDeadline share(socket, now + (deadline - now) / left--);
    const tcp::endpoint endpoint(address, url.port);
    const auto [error] = co_await socket.async_connect(endpoint, kTuple);
    if (!error && !share.expired()) co_return Result<void>{};
    error_code ignored;
    socket.close(ignored);
    if (!failed) failed = error ? error : error_code(asio::error::operation_aborted);
  }
  co_return unreachable(
      url, failed == asio::error::operation_aborted ? "no answer in time" : failed.message());
}

Result<asio::ssl::context> make_tls_context(const HttpUrl& url) {
  auto made = tls::make_client_context(url.tls_parameters);
  if (made) return made;
  return fail(made.error().code, fmt::format("{}: {}", url.redacted(), made.error().message));
}

asio::awaitable<Result<void>> handshake_tls(TlsStream& stream, const HttpUrl& url) {
  TlsPeer peer;
  peer.label = url.redacted();
  peer.host = url.host;
  peer.parameters = url.tls_parameters;
  peer.trust_advice = "SSL_CERT_FILE can name a file of authorities to trust";
  peer.plain_advice = "is it http:// instead of https://?";
  co_return co_await shake_hands(stream, peer);
}

std::string exchange_problem(const error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::error::connection_reset ||
      error == asio::ssl::error::stream_truncated) {
    return "the connection was closed without a complete answer";
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    return "what listens there does not speak HTTP";
  }
  return error.message();
}

std::unexpected<Error> unreachable(const HttpUrl& url, std::string_view problem) {
  return fail(ErrorCode::kUnreachable, fmt::format("{}: {}", url.redacted(), problem));
}

}  // namespace bb::client
