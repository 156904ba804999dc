// The TLS side of a Connection's socket. Private to client/.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <utility>

#include "amqp/url.h"
#include "client/tls.h"

namespace bb::client {

// How people are told about the broker of an amqps URL.
TlsPeer tls_peer(const amqp::Url& url);

// Does not move: the stream refers to the socket, which outlives it.
struct TlsLink {
  TlsLink(TlsPeer of, boost::asio::ssl::context with, boost::asio::ip::tcp::socket& socket)
      : peer(std::move(of)), context(std::move(with)), stream(socket, context) {}
  TlsLink(const TlsLink&) = delete;
  TlsLink& operator=(const TlsLink&) = delete;

  TlsPeer peer;
  boost::asio::ssl::context context;
  TlsStream stream;
};

}  // namespace bb::client
