// Between a client and a broker, on the test's own io_context: passes bytes on, until it is told
// otherwise.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "amqp/url.h"

namespace bb::client {

class Proxy : public std::enable_shared_from_this<Proxy> {
 public:
  using tcp = boost::asio::ip::tcp;

  // Until it is destroyed; then its connections end.
  static std::shared_ptr<Proxy> listen(const boost::asio::any_io_executor& executor,
                                       amqp::Url broker) {
    auto proxy = std::make_shared<Proxy>(executor, std::move(broker));
    boost::asio::co_spawn(executor, accept_loop(proxy->link_), boost::asio::detached);
    return proxy;
  }

  Proxy(const boost::asio::any_io_executor& executor, amqp::Url broker)
      : link_(std::make_shared<Link>(executor, std::move(broker))) {}
  ~Proxy() {
    boost::system::error_code ignored;
    link_->acceptor.close(ignored);
    cut();
  }

  // The broker's URL, by way of the proxy.
  amqp::Url url() const {
    amqp::Url url = link_->broker;
    url.host = "127.0.0.1";
    url.port = link_->acceptor.local_endpoint().port();
    return url;
  }

  // Ends every connection, whatever is under way.
  void cut() {
    for (const auto& pair : std::exchange(link_->pairs, {})) pair->close();
  }
  // Ends each connection as it comes.
  void refuse(bool refusing) { link_->refusing = refusing; }
  // Takes bytes and passes none on.
  void stall(bool stalling) { link_->stalling = stalling; }
  int accepted() const { return link_->accepted; }

 private:
  struct Pair {
    explicit Pair(const boost::asio::any_io_executor& executor) : near(executor), far(executor) {}
    void close() {
      boost::system::error_code ignored;
      near.close(ignored);
      far.close(ignored);
    }
    tcp::socket near;
    tcp::socket far;
  };
  struct Link {
    Link(const boost::asio::any_io_executor& executor, amqp::Url url)
        : broker(std::move(url)),
          acceptor(executor, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)) {}
    amqp::Url broker;
    tcp::acceptor acceptor;
    std::vector<std::shared_ptr<Pair>> pairs;
    bool refusing = false;
    bool stalling = false;
    int accepted = 0;
  };

  static boost::asio::awaitable<void> accept_loop(std::shared_ptr<Link> link) {
    constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    for (;;) {
      const auto pair = std::make_shared<Pair>(link->acceptor.get_executor());
      const auto [error] = co_await link->acceptor.async_accept(pair->near, tuple);
      if (error) co_return;
      if (link->refusing) continue;
      ++link->accepted;
      const tcp::endpoint broker(boost::asio::ip::make_address("127.0.0.1"), link->broker.port);
      const auto [unreachable] = co_await pair->far.async_connect(broker, tuple);
      if (unreachable) continue;
      link->pairs.push_back(pair);
      boost::asio::co_spawn(link->acceptor.get_executor(),
                            pass(link, pair, &pair->near, &pair->far), boost::asio::detached);
      boost::asio::co_spawn(link->acceptor.get_executor(),
                            pass(link, pair, &pair->far, &pair->near), boost::asio::detached);
    }
  }

  static boost::asio::awaitable<void> pass(std::shared_ptr<Link> link, std::shared_ptr<Pair> pair,
                                           tcp::socket* from, tcp::socket* to) {
    constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    std::vector<char> bytes(16384);
    for (;;) {
      const auto [read_error, size] =
          co_await from->async_read_some(boost::asio::buffer(bytes), tuple);
      if (read_error) break;
      while (link->stalling) {
        boost::asio::steady_timer timer(from->get_executor(), std::chrono::milliseconds(2));
        co_await timer.async_wait(tuple);
      }
      const auto [write_error, written] =
          co_await boost::asio::async_write(*to, boost::asio::buffer(bytes.data(), size), tuple);
      if (write_error) break;
    }
    pair->close();
  }

  std::shared_ptr<Link> link_;
};

}  // namespace bb::client
