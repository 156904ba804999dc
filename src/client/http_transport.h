// From the URL of an HTTP server to a connection: addresses, TCP, TLS. For whatever speaks HTTP as
// a client; http_client.h is the one that most need.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <string>

#include "bloodbank/result.h"
#include "client/http_url.h"
#include "client/tls.h"

namespace bb::client {

// Which addresses may be connected to: an error says why not.
using AddressPolicy = Result<void> (*)(const boost::asio::ip::address& address);

// Connects to the first address of url.host that takes the connection. The time until `deadline` is
// shared out between the addresses. `policy`, if there is one, is asked about each address: one
// that it refuses is not tried. What it is asked about is what is connected to, with no look-up of
// the name in between (DNS rebinding).
//
// kUnreachable: no such host, refused, or no answer in time. The policy's own error where it
// refused every address. Messages begin with the URL, redacted, and are complete but for what to
// do. `socket` and `url` are borrowed until the coroutine is done.
boost::asio::awaitable<Result<void>> connect_tcp(boost::asio::ip::tcp::socket& socket,
                                                 const HttpUrl& url,
                                                 std::chrono::steady_clock::time_point deadline,
                                                 AddressPolicy policy = nullptr);

// As of tls/context.h, with the URL's parameters; the message is as of connect_tcp().
Result<boost::asio::ssl::context> make_tls_context(const HttpUrl& url);

// shake_hands() of tls.h on a connected stream. It waits for ever: the owner of the socket closes
// it (SocketDeadline).
boost::asio::awaitable<Result<void>> handshake_tls(TlsStream& stream, const HttpUrl& url);

// What a failed exchange of an HTTP request and its answer says about the server.
std::string exchange_problem(const boost::system::error_code& error);

// kUnreachable, "<url, redacted>: <problem>".
std::unexpected<Error> unreachable(const HttpUrl& url, std::string_view problem);

}  // namespace bb::client
