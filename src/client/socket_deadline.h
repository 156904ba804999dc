// An end to what waits on a socket.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace bb::client {

// Closes `socket` at the point in time `at`, unless it is destroyed first: what waits on the socket
// then ends with operation_aborted. An operation may have succeeded just before, so look at
// expired() whatever it says. The socket outlives the object. Not thread-safe: one executor.
class SocketDeadline {
 public:
  SocketDeadline(boost::asio::ip::tcp::socket& socket, std::chrono::steady_clock::time_point at)
      : state_(std::make_shared<State>(&socket)), timer_(socket.get_executor(), at) {
    timer_.async_wait([state = state_](const boost::system::error_code& error) {
      if (error || state->socket == nullptr) return;
      state->expired = true;
      boost::system::error_code ignored;
      state->socket->close(ignored);
    });
  }
  // The timer's handler may be on its way already.
  ~SocketDeadline() { state_->socket = nullptr; }
  SocketDeadline(const SocketDeadline&) = delete;
  SocketDeadline& operator=(const SocketDeadline&) = delete;

  bool expired() const { return state_->expired; }

 private:
  struct State {
    explicit State(boost::asio::ip::tcp::socket* closed) : socket(closed) {}
    boost::asio::ip::tcp::socket* socket;  // null once the deadline is gone
    bool expired = false;
  };

  std::shared_ptr<State> state_;
  boost::asio::steady_timer timer_;
};

}  // namespace bb::client
