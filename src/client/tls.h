// TLS from the client's side: the handshake, whom the certificate is for, and what went wrong, in
// words that say what to do.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string>

#include "amqp/tls_parameters.h"
#include "bloodbank/result.h"
#include "tls/certificate.h"

namespace bb::client {

// Borrows the socket, so that its owner can close it.
using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

// The other side, and how people are told about it.
struct TlsPeer {
  TlsPeer() = default;  // no aggregate: see channel.h

  std::string label;  // what messages begin with: "https://host:443"
  std::string host;   // of the URL, without brackets
  amqp::TlsParameters parameters;
  std::string trust_advice;  // how to trust an authority that is unknown
  std::string plain_advice;  // what to do where nobody speaks TLS
};

// The handshake on a connected stream whose context is that of peer.parameters. It waits for ever:
// the owner of the socket closes it.
//
// kAccessRefused: the peer demands a certificate from us, or another one. kUnreachable: anything
// else; its certificate has expired, is for somebody else, or leads to nobody who is trusted. Both
// are borrowed until the coroutine is done.
boost::asio::awaitable<Result<void>> shake_hands(TlsStream& stream, const TlsPeer& peer);

// Why reading or writing failed, where the peer has said so in TLS. Peers of TLS 1.3 look at our
// certificate when the handshake is over for us (RFC 8446 §4.4.2.4).
std::optional<Error> told_by_peer(const boost::system::error_code& error, const TlsPeer& peer);

// What was agreed in a handshake.
struct TlsFacts {
  std::string version;                          // "TLSv1.3"
  std::optional<tls::Certificate> certificate;  // the peer's
};
TlsFacts facts_of(TlsStream& stream);

}  // namespace bb::client
