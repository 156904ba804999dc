// For tests: an HTTP server on 127.0.0.1 that does as it is told, good or bad.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bb::webhook {

struct ReceivedRequest {
  unsigned connection = 0;  // counts from 1
  std::string head;         // with the empty line at its end
  std::string body;
};

struct Answer {
  enum class Then : std::uint8_t {
    kKeepOpen,  // reads the next request
    kClose,
    kHang,  // does nothing more, and keeps the connection
    kDrip,  // goes on with `filler`, a byte at a time, without an end
  };

  std::string bytes{};
  Then then = Then::kKeepOpen;
  std::string filler{};  // sent again and again behind `bytes`, until there are:
  std::uint64_t filler_bytes = 0;
};

inline Answer answer(std::string_view status, std::string_view headers = "") {
  return {.bytes = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n" +
                   std::string(headers) + "\r\n"};
}

class TestEndpoint {
 public:
  // Whatever is asked is answered by `respond`. With `tls`, over TLS; it outlives the endpoint.
  TestEndpoint(boost::asio::io_context& context,
               std::function<Answer(const ReceivedRequest&)> respond,
               boost::asio::ssl::context* tls = nullptr)
      : acceptor_(context, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        respond_(std::move(respond)),
        tls_(tls) {
    boost::asio::co_spawn(context, accept(), boost::asio::detached);
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  std::vector<ReceivedRequest> requests;
  unsigned connections = 0;
  std::uint64_t sent_bytes = 0;

 private:
  using Tcp = boost::asio::ip::tcp;
  using TlsStream = boost::asio::ssl::stream<Tcp::socket>;
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;
  static constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

  Awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kTuple);
      if (error) co_return;
      ++connections;
      boost::asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket), connections),
                            boost::asio::detached);
    }
  }

  Awaitable<void> serve(Tcp::socket socket, unsigned number) {
    if (tls_ == nullptr) {
      co_await converse(socket, number);
      co_return;
    }
    TlsStream stream(std::move(socket), *tls_);
    const auto [error] = co_await stream.async_handshake(TlsStream::server, kTuple);
    if (!error) co_await converse(stream, number);
  }

  template <class Stream>
  Awaitable<void> converse(Stream& stream, unsigned number) {
    std::string inbox;
    for (;;) {
      ReceivedRequest request;
      request.connection = number;
      const auto [head_error, head_bytes] = co_await boost::asio::async_read_until(
          stream, boost::asio::dynamic_buffer(inbox), "\r\n\r\n", kTuple);
      if (head_error) co_return;
      request.head = inbox.substr(0, head_bytes);
      inbox.erase(0, head_bytes);
      const std::size_t body_bytes = content_length(request.head);
      if (inbox.size() < body_bytes) {
        const auto [body_error, more] = co_await boost::asio::async_read(
            stream, boost::asio::dynamic_buffer(inbox),
            boost::asio::transfer_exactly(body_bytes - inbox.size()), kTuple);
        if (body_error) co_return;
      }
      request.body = inbox.substr(0, body_bytes);
      inbox.erase(0, body_bytes);
      requests.push_back(request);
      const Answer told = respond_(requests.back());
      if (!co_await give(stream, told)) co_return;
    }
  }

  // Whether to go on with this connection.
  template <class Stream>
  Awaitable<bool> give(Stream& stream, const Answer& told) {
    if (!co_await send(stream, told.bytes)) co_return false;
    for (std::uint64_t filled = 0; filled < told.filler_bytes; filled += told.filler.size()) {
      if (!co_await send(stream, told.filler)) co_return false;
    }
    boost::asio::steady_timer timer(acceptor_.get_executor());
    for (std::size_t at = 0; told.then == Answer::Then::kDrip; ++at) {
      if (!co_await send(stream, told.filler.substr(at % told.filler.size(), 1))) co_return false;
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(kTuple);
    }
    if (told.then == Answer::Then::kHang) {
      timer.expires_at(std::chrono::steady_clock::time_point::max());
      co_await timer.async_wait(kTuple);
    }
    co_return told.then == Answer::Then::kKeepOpen;
  }

  template <class Stream>
  Awaitable<bool> send(Stream& stream, std::string bytes) {
    const auto [error, count] =
        co_await boost::asio::async_write(stream, boost::asio::buffer(bytes), kTuple);
    sent_bytes += count;
    co_return !error;
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view kName = "Content-Length: ";
    const std::size_t at = head.find(kName);
    std::size_t length = 0;
    if (at != std::string_view::npos) {
      std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
    }
    return length;
  }

  Tcp::acceptor acceptor_;
  std::function<Answer(const ReceivedRequest&)> respond_;
  boost::asio::ssl::context* tls_;
};

}  // namespace bb::webhook
