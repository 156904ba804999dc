// For tests: a socket that behaves like a broker, or unlike one, on the test's own
// io_context.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "amqp/frame.h"
#include "amqp/methods.h"
#include "client/connection.h"

namespace bb::client {

class FakeBroker : public std::enable_shared_from_this<FakeBroker> {
 public:
  using tcp = boost::asio::ip::tcp;

  enum class Manner {
    kAmqp,            // shakes hands, opens channels, answers nothing else
    kSilent,          // accepts connections
    kHttp,            // answers like a web server
    kRefusesLogin,    // hangs up on start-ok
    kIgnoresGoodbye,  // as kAmqp, but does not answer connection.close
  };

  static std::shared_ptr<FakeBroker> listen(boost::asio::io_context& context, Manner manner,
                                            const char* address = "127.0.0.1") {
    const tcp::endpoint endpoint(boost::asio::ip::make_address(address), 0);
    auto broker = std::make_shared<FakeBroker>(context, manner, endpoint);
    boost::asio::co_spawn(context, serve(broker), boost::asio::detached);
    return broker;
  }

  FakeBroker(boost::asio::io_context& context, Manner manner, const tcp::endpoint& endpoint)
      : manner_(manner), acceptor_(context, endpoint), socket_(context) {}

  ConnectOptions options(const char* host = "127.0.0.1") const {
    ConnectOptions options;
    options.url.host = host;
    options.url.port = acceptor_.local_endpoint().port();
    return options;
  }

  template <class M>
  void sends(std::uint16_t channel, const M& method) {
    Buffer bytes;
    amqp::encode_method(bytes, channel, method);
    write(as_text(bytes.view()));
  }
  void write(std::string_view bytes) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }
  // Listens no more either.
  void hangs_up() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    acceptor_.close(ignored);
  }

  // The names of all methods that came.
  std::vector<std::string> received;
  bool reads = true;

 private:
  static boost::asio::awaitable<void> serve(std::shared_ptr<FakeBroker> self) {
    constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    std::vector<char> inbox(65536);
    for (;;) {
      const auto [refused] = co_await self->acceptor_.async_accept(self->socket_, tuple);
      if (refused) co_return;
      self->reader_ = amqp::FrameReader();
      self->greeted_ = false;
      for (;;) {
        boost::asio::steady_timer timer(self->socket_.get_executor());
        while (!self->reads) {
          timer.expires_after(std::chrono::milliseconds(1));
          co_await timer.async_wait(tuple);
        }
        const auto [error, size] =
            co_await self->socket_.async_read_some(boost::asio::buffer(inbox), tuple);
        if (error) break;
        self->on_bytes({inbox.data(), size});
      }
      boost::system::error_code ignored;
      self->socket_.close(ignored);
    }
  }

  void on_bytes(std::string_view bytes) {
    if (manner_ == Manner::kSilent) return;
    if (manner_ == Manner::kHttp) {
      write("HTTP/1.1 400 Bad Request\r\n\r\n");
      return;
    }
    if (!greeted_) {
      greeted_ = true;
      bytes.remove_prefix(amqp::kProtocolHeader.size());
      amqp::connection::Start start;
      start.mechanisms = "PLAIN";
      sends(0, start);
    }
    reader_.feed(as_bytes(bytes));
    while (const auto frame = *reader_.next()) {
      if (frame->type == amqp::FrameType::kMethod) on_method(frame->channel, frame->payload);
    }
  }

  void on_method(std::uint16_t channel, ByteView payload) {
    const amqp::MethodId id = amqp::peek_method_id(payload);
    received.emplace_back(amqp::method_name(id));
    if (id == amqp::connection::StartOk::kId) {
      if (manner_ == Manner::kRefusesLogin) {
        boost::system::error_code ignored;
        socket_.close(ignored);
        return;
      }
      sends(0, amqp::connection::Tune{.frame_max = 131072});
    }
    if (id == amqp::connection::Open::kId) sends(0, amqp::connection::OpenOk{});
    if (id == amqp::channel::Open::kId) sends(channel, amqp::channel::OpenOk{});
    if (id == amqp::channel::Close::kId) sends(channel, amqp::channel::CloseOk{});
    if (id == amqp::connection::Close::kId && manner_ != Manner::kIgnoresGoodbye) {
      sends(0, amqp::connection::CloseOk{});
    }
  }

  const Manner manner_;
  tcp::acceptor acceptor_;
  tcp::socket socket_;
  amqp::FrameReader reader_;
  bool greeted_ = false;
};

}  // namespace bb::client
