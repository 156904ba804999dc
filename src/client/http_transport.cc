#include "client/http_transport.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "client/resolve.h"
#include "client/socket_deadline.h"

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
  using asio::ssl::context;
  context made(context::tls_client);
  error_code error;
  made.set_options(context::no_sslv2 | context::no_sslv3 | context::no_tlsv1 | context::no_tlsv1_1,
                   error);
  if (!error) made.set_default_verify_paths(error);
  if (!error) made.set_verify_mode(asio::ssl::verify_peer, error);
  if (error) return unreachable(url, fmt::format("TLS: {}", error.message()));
  return made;
}

asio::awaitable<Result<void>> handshake_tls(TlsStream& stream, const HttpUrl& url) {
  error_code error;
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host), error);
  if (error) co_return unreachable(url, fmt::format("TLS: {}", error.message()));
  // RFC 6066 §3: names alone, no addresses.
  if (!local_addresses(url.host) || url.host == "localhost") {
    std::string name = url.host;  // what OpenSSL's macro would call, without its casts
    (void)SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   name.data());
  }
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, kTuple);
  if (failed) co_return unreachable(url, tls_problem(stream.native_handle(), failed));
  co_return Result<void>{};
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
