// For tests: TLS before a server that has none, on the test's own io_context.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bb::client {

// Passes what comes over TLS on to a port of 127.0.0.1, and back.
class TlsDoor : public std::enable_shared_from_this<TlsDoor> {
 public:
  using Tcp = boost::asio::ip::tcp;

  static std::shared_ptr<TlsDoor> open(boost::asio::io_context& context,
                                       boost::asio::ssl::context tls, std::uint16_t to_port) {
    auto door = std::make_shared<TlsDoor>(context, std::move(tls), to_port);
    boost::asio::co_spawn(context, accept_all(door), boost::asio::detached);
    return door;
  }

  TlsDoor(boost::asio::io_context& context, boost::asio::ssl::context tls, std::uint16_t to_port)
      : tls_(std::move(tls)),
        acceptor_(context, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        to_port_(to_port) {}

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  // Of the last client that got through the handshake: "TLSv1.3", and the name that it asked for.
  std::string version;
  std::string server_name;

 private:
  using Stream = boost::asio::ssl::stream<Tcp::socket>;

  struct Passage {
    Passage(Tcp::socket client, boost::asio::ssl::context& tls)
        : outside(std::move(client), tls), inside(outside.get_executor()) {}
    Stream outside;
    Tcp::socket inside;

    void close() {
      boost::system::error_code ignored;
      outside.lowest_layer().close(ignored);
      inside.close(ignored);
    }
  };
  using PassagePointer = std::shared_ptr<Passage>;

  static constexpr auto tuple() { return boost::asio::as_tuple(boost::asio::use_awaitable); }

  static boost::asio::awaitable<void> accept_all(std::shared_ptr<TlsDoor> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor_.async_accept(tuple());
      if (error) co_return;
      auto passage = std::make_shared<Passage>(std::move(socket), self->tls_);
      boost::asio::co_spawn(passage->inside.get_executor(), let_in(self, passage),
                            boost::asio::detached);
    }
  }

  static boost::asio::awaitable<void> let_in(std::shared_ptr<TlsDoor> self,
                                             PassagePointer passage) {
    const auto [refused] = co_await passage->outside.async_handshake(Stream::server, tuple());
    if (refused) co_return;
    SSL* const ssl = passage->outside.native_handle();
    self->version = SSL_get_version(ssl);
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    self->server_name = name == nullptr ? "" : name;
    const Tcp::endpoint to(boost::asio::ip::address_v4::loopback(), self->to_port_);
    const auto [unreachable] = co_await passage->inside.async_connect(to, tuple());
    if (unreachable) co_return;
    const auto executor = passage->inside.get_executor();
    boost::asio::co_spawn(executor, pass(passage, passage->outside, passage->inside),
                          boost::asio::detached);
    boost::asio::co_spawn(executor, pass(passage, passage->inside, passage->outside),
                          boost::asio::detached);
  }

  template <class From, class To>
  static boost::asio::awaitable<void> pass(PassagePointer passage, From& from, To& to) {
    std::vector<char> bytes(65536);
    for (;;) {
      const auto [error, size] = co_await from.async_read_some(boost::asio::buffer(bytes), tuple());
      if (error) break;
      const auto [failed, written] =
          co_await boost::asio::async_write(to, boost::asio::buffer(bytes.data(), size), tuple());
      if (failed) break;
    }
    passage->close();
  }

  boost::asio::ssl::context tls_;
  Tcp::acceptor acceptor_;
  const std::uint16_t to_port_;
};

}  // namespace bb::client
