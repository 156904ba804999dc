#include "client/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/verify_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "client/text.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// What the check of a chain found first, and in which of its certificates.
struct Finding {
  int problem = X509_V_OK;
  tls::Certificate certificate;
};

std::string day_of(Timestamp time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

std::unexpected<Error> untrusted(const TlsPeer& peer, std::string_view problem) {
  return fail(ErrorCode::kUnreachable, fmt::format("{}: {}", peer.label, problem));
}

std::unexpected<Error> untrusted(const TlsPeer& peer, const std::string& wanted,
                                 const Finding& finding) {
  const tls::Certificate& certificate = finding.certificate;
  switch (finding.problem) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return untrusted(peer,
                       fmt::format("the certificate '{}' expired on {}: it has to be renewed there",
                                   certificate.subject, day_of(certificate.not_after)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return untrusted(
          peer, fmt::format(
                    "the certificate '{}' is valid from {} on: is the clock of this machine right?",
                    certificate.subject, day_of(certificate.not_before)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return untrusted(
          peer, fmt::format("its certificate is for {}, and not for '{}': use such a name in the "
                            "URL, or have a certificate made for this one",
                            certificate.name_list(), one_line(wanted)));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return untrusted(
          peer,
          fmt::format(
              "its certificate leads to '{}', an authority that is not {}", certificate.issuer,
              peer.parameters.cacertfile.empty()
                  ? fmt::format("trusted here: {}", peer.trust_advice)
                  : fmt::format("in {}, which cacertfile names", peer.parameters.cacertfile)));
    default:
      return untrusted(
          peer, fmt::format("the certificate '{}' cannot be trusted: {}", certificate.subject,
                            X509_verify_cert_error_string(finding.problem)));
  }
}

std::unexpected<Error> unreachable(const TlsPeer& peer, std::string_view problem) {
  return fail(ErrorCode::kUnreachable, fmt::format("{}: {}", peer.label, problem));
}

Error refused(const TlsPeer& peer, std::string_view problem) {
  return {ErrorCode::kAccessRefused, fmt::format("{}: {}", peer.label, problem)};
}

Error demands_certificate(const TlsPeer& peer) {
  return refused(peer,
                 "it demands a certificate from its clients: name one with certfile=FILE and "
                 "keyfile=FILE in the URL");
}

// The reason of OpenSSL's own errors, which are those of sslerr.h; 0 for others.
int reason_of(const error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return 0;
  return ERR_GET_REASON(static_cast<unsigned long>(error.value()));
}

std::unexpected<Error> handshake_failed(const TlsPeer& peer, const error_code& error) {
  if (auto told = told_by_peer(error, peer)) return fail(*std::move(told));
  switch (reason_of(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return unreachable(
          peer, fmt::format("what listens there does not speak TLS: {}", peer.plain_advice));
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return unreachable(peer, "it offers no version of TLS from 1.2 on, which is needed");
    default:
      break;
  }
  if (error == asio::error::operation_aborted) {
    return unreachable(peer, fmt::format("it accepted the connection but did not complete the TLS "
                                         "handshake in time: {}",
                                         peer.plain_advice));
  }
  if (error == asio::error::eof || error == asio::error::connection_reset ||
      error == asio::ssl::error::stream_truncated) {
    return unreachable(
        peer, fmt::format("it closed the connection in the TLS handshake: {}", peer.plain_advice));
  }
  return unreachable(peer, fmt::format("TLS: {}", one_line(error.message())));
}

// Has OpenSSL check the name, and tell it to the peer. False: it cannot be one.
bool expect_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  error_code is_name;
  asio::ip::make_address(name, is_name);
  if (!is_name) return X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size()) != 1) return false;
  std::string told = name;
  // RFC 6066 §3: names alone, no addresses. What OpenSSL's macro would call, without its casts.
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, told.data()) == 1;
}

}  // namespace

asio::awaitable<Result<void>> shake_hands(TlsStream& stream, const TlsPeer& peer) {
  SSL* const ssl = stream.native_handle();
  const std::string wanted = peer.parameters.server_name.value_or(peer.host);
  if (!wanted.empty() && !expect_name(ssl, wanted)) {
    co_return untrusted(
        peer, fmt::format("'{}' is no name that a certificate can be for", one_line(wanted)));
  }
  // The stream keeps the callback for later handshakes.
  const auto finding = std::make_shared<Finding>();
  error_code ignored;
  if (peer.parameters.verify_peer) {
    stream.set_verify_callback(
        [finding](bool is_fine, asio::ssl::verify_context& context) {
          X509_STORE_CTX* const chain = context.native_handle();
          if (is_fine || finding->problem != X509_V_OK) return is_fine;
          finding->problem = X509_STORE_CTX_get_error(chain);
          const X509* const certificate = X509_STORE_CTX_get_current_cert(chain);
          if (certificate != nullptr) finding->certificate = tls::describe_certificate(certificate);
          return false;
        },
        ignored);
  }
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client,
                                                        asio::as_tuple(asio::use_awaitable));
  if (!failed) co_return Result<void>{};
  if (finding->problem != X509_V_OK) co_return untrusted(peer, wanted, *finding);
  co_return handshake_failed(peer, failed);
}

std::optional<Error> told_by_peer(const error_code& error, const TlsPeer& peer) {
  const std::string& ours = peer.parameters.certfile;
  switch (reason_of(error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return demands_certificate(peer);
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      // TLS 1.2 has no other word for it.
      if (ours.empty()) {
        return Error{ErrorCode::kAccessRefused,
                     fmt::format("{}: it broke off the TLS handshake, as servers do that demand a "
                                 "certificate from their clients: name one with certfile=FILE and "
                                 "keyfile=FILE in the URL",
                                 peer.label)};
      }
      return refused(peer, "it broke off the TLS handshake: its log says why");
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      if (ours.empty()) return demands_certificate(peer);
      return refused(peer, fmt::format("it refuses the certificate {} ({}): the authority that "
                                       "signed it has to be one that is trusted there",
                                       ours, one_line(error.message())));
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
      return Error{
          ErrorCode::kUnreachable,
          fmt::format("{}: it knows nobody by the name '{}': use another in the URL, or "
                      "server_name_indication",
                      peer.label, one_line(peer.parameters.server_name.value_or(peer.host)))};
    default:
      return std::nullopt;
  }
}

TlsFacts facts_of(TlsStream& stream) {
  SSL* const ssl = stream.native_handle();
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  if (const X509* const certificate = SSL_get0_peer_certificate(ssl)) {
    facts.certificate = tls::describe_certificate(certificate);
  }
  return facts;
}

}  // namespace bb::client
