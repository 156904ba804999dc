// One accepted socket and its connection to the broker.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "broker/broker.h"

namespace bb::server {

// Moves bytes between a socket and a broker::Connection; every decision is the
// connection's. Lives until its socket is closed, kept by its two coroutines.
// Everything runs on the one executor that owns the broker.
class Session final : public broker::ConnectionObserver,
                      public std::enable_shared_from_this<Session> {
 public:
  // `scratch` is lent to every session of the executor in turn: bytes that were read are
  // consumed before the next suspension. `on_end` is called once, when the socket is closed.
  Session(boost::asio::ip::tcp::socket socket, broker::Broker& broker, std::span<std::byte> scratch,
          std::function<void(Session*)> on_end);
  ~Session();

  void start();
  void tick();  // about once a second
  // Drops the socket without saying goodbye.
  void abort();
  // Closes the socket if only the client's closing it was waited for.
  void stop_waiting();

 private:
  using Clock = std::chrono::steady_clock;

  void attention() override;
  static boost::asio::awaitable<void> read_loop(std::shared_ptr<Session> self);
  static boost::asio::awaitable<void> write_loop(std::shared_ptr<Session> self);
  // Reads on without waiting while whole buffers come. False at the end of the stream.
  bool drain_socket();
  void end();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer output_ready_;
  boost::asio::steady_timer input_resumed_;
  std::span<std::byte> scratch_;
  std::function<void(Session*)> on_end_;
  std::array<std::byte, 4096> inbox_;  // small: most connections are idle
  Buffer outbox_;                      // being written
  bool wrote_since_tick_ = false;
  int finished_ticks_ = 0;
  bool said_all_ = false;    // the output of a connection that the client closes is written
  bool peer_ended_ = false;  // nothing more comes from the client
  std::unique_ptr<broker::Connection> connection_;
};

}  // namespace bb::server
