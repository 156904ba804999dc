// The management API behind sockets.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

#include "bloodbank/result.h"
#include "broker/broker.h"
#include "registry/service_table.h"

namespace bb::server {

class CorrelationKeeper;

struct HttpLimits {
  std::size_t connections_max = 256;
  std::uint64_t body_bytes_max = 64ull << 20;
  std::uint32_t header_bytes_max = 16 * 1024;
  std::chrono::seconds request_timeout{30};  // for a request to come as a whole, or to begin
  std::chrono::seconds response_timeout{60};
};

// Takes connections and answers their requests one after the other; on the broker's executor, which
// it, the broker and the services share. Destroyed after the executor has stopped.
class HttpListener {
 public:
  HttpListener(boost::asio::io_context& context, broker::Broker& broker,
               registry::ServiceTable& services, CorrelationKeeper* correlation,
               HttpLimits limits = {});
  ~HttpListener();

  // Takes `port`, or any free one for 0, and returns it. kIo: it cannot be bound; the message says
  // what to do.
  Result<std::uint16_t> listen(const boost::asio::ip::address& address, std::uint16_t port);
  // Begins to accept.
  void start();
  // No new connections; those that are there are closed.
  void stop();

 private:
  class Session;
  static boost::asio::awaitable<void> accept_loop(HttpListener* self);
  static boost::asio::awaitable<void> serve(HttpListener* self, std::shared_ptr<Session> session);

  boost::asio::io_context& context_;
  broker::Broker& broker_;
  registry::ServiceTable& services_;
  CorrelationKeeper* const correlation_;
  const HttpLimits limits_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::unordered_set<std::shared_ptr<Session>> sessions_;
  bool stopping_ = false;
};

}  // namespace bb::server
