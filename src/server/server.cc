#include "server/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "base/random.h"
#include "base/try.h"
#include "broker/broker.h"
#include "server/data_dir.h"
#include "server/session.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::seconds kTick{1};
constexpr std::size_t kScratchBytes = 256 * 1024;
// Out of descriptors or the like: let some connections end before accepting again.
constexpr std::chrono::milliseconds kAcceptPause{100};

// RabbitMQ's default too: 40% of the machine's memory
// (https://www.rabbitmq.com/memory.html#configuring-threshold).
std::uint64_t memory_bytes_max() {
  const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 0L));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::max(pages * page_bytes / 5 * 2, broker::Options{}.memory_bytes_max / 16);
}

broker::Options broker_options() {
  broker::Options options;
  options.version = BB_VERSION;
  options.seed = random_u64();
  options.memory_bytes_max = memory_bytes_max();
  return options;
}

// Everything of one run of the server; on one thread.
class Server {
 public:
  explicit Server(const ServerOptions& options)
      : options_(options),
        context_(/*concurrency_hint=*/1),
        acceptor_(context_),
        signals_(context_, SIGINT, SIGTERM),
        ticker_(context_),
        grace_(context_),
        scratch_(kScratchBytes),
        broker_(broker_options(), storage_) {}

  Result<Listening> listen();
  void run();

 private:
  static asio::awaitable<void> accept_loop(Server* self);
  static asio::awaitable<void> tick_loop(Server* self);
  static asio::awaitable<void> wait_for_signals(Server* self);
  static asio::awaitable<void> end_after_grace(Server* self);
  void session_ended(Session* session);
  void abort_sessions();
  // A copy, because a session that ends takes itself out of sessions_.
  std::vector<std::shared_ptr<Session>> live_sessions() const;
  void stop();
  void stop_when_empty();

  const ServerOptions& options_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::signal_set signals_;
  asio::steady_timer ticker_;
  asio::steady_timer grace_;
  std::vector<std::byte> scratch_;
  broker::MemoryStorage storage_;
  broker::Broker broker_;
  std::unordered_map<Session*, std::weak_ptr<Session>> sessions_;
  bool stopping_ = false;
};

Result<Listening> Server::listen() {
  boost::system::error_code ec;
  const auto refuse = [&](std::string_view hint) {
    return fail(ErrorCode::kIo, fmt::format("cannot listen on {}:{}: {}{}", options_.host,
                                            options_.port, ec.message(), hint));
  };
  const std::string host = options_.host == "localhost" ? "127.0.0.1" : options_.host;
  const auto address = asio::ip::make_address(host, ec);
  if (ec) {
    return fail(
        ErrorCode::kUsage,
        fmt::format("'{}' is not an IP address; use 127.0.0.1, ::1, 0.0.0.0 or ::", options_.host));
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (ec == asio::error::address_in_use) {
    return refuse("; another broker may be running there: stop it or choose another --port");
  }
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return refuse("");

  BB_TRY(broker_.find_vhost("/")->declare_exchange(
      options_.events_exchange,
      {.type = broker::ExchangeType::kTopic, .durable = true, .arguments = {}}));
  return Listening{host, acceptor_.local_endpoint(ec).port()};
}

void Server::run() {
  asio::co_spawn(context_, accept_loop(this), asio::detached);
  asio::co_spawn(context_, tick_loop(this), asio::detached);
  asio::co_spawn(context_, wait_for_signals(this), asio::detached);
  context_.run();
  abort_sessions();  // a second signal leaves some behind, and they must not outlive the broker
}

asio::awaitable<void> Server::accept_loop(Server* self) {
  while (!self->stopping_) {
    auto [ec, socket] = co_await self->acceptor_.async_accept(kTuple);
    if (self->stopping_) break;
    if (ec) {
      logging::warning("cannot accept a connection: {}", ec.message());
      asio::steady_timer pause(self->context_, kAcceptPause);
      co_await pause.async_wait(kTuple);
      continue;
    }
    if (self->sessions_.size() >= self->options_.connections_max) {
      logging::warning("connection refused: the limit of {} connections is reached",
                       self->options_.connections_max);
      continue;
    }
    const auto session =
        std::make_shared<Session>(std::move(socket), self->broker_, self->scratch_,
                                  [self](Session* ended) { self->session_ended(ended); });
    self->sessions_.emplace(session.get(), session);
    session->start();
  }
}

asio::awaitable<void> Server::tick_loop(Server* self) {
  while (!self->stopping_ || !self->sessions_.empty()) {
    self->ticker_.expires_after(kTick);
    const auto [ec] = co_await self->ticker_.async_wait(kTuple);
    if (ec) break;
    for (const auto& session : self->live_sessions()) session->tick();
  }
}

asio::awaitable<void> Server::wait_for_signals(Server* self) {
  const auto [ec, signal] = co_await self->signals_.async_wait(kTuple);
  if (ec) co_return;
  logging::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
  self->stop();
  if (self->sessions_.empty()) co_return;
  const auto [again_ec, again] = co_await self->signals_.async_wait(kTuple);
  if (!again_ec) self->context_.stop();
}

void Server::stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  broker_.shut_down();
  asio::co_spawn(context_, end_after_grace(this), asio::detached);
  stop_when_empty();
}

asio::awaitable<void> Server::end_after_grace(Server* self) {
  if (self->sessions_.empty()) co_return;
  self->grace_.expires_after(self->options_.shutdown_grace);
  const auto [ec] = co_await self->grace_.async_wait(kTuple);
  if (!ec) self->abort_sessions();
}

void Server::abort_sessions() {
  for (const auto& session : live_sessions()) session->abort();
}

std::vector<std::shared_ptr<Session>> Server::live_sessions() const {
  std::vector<std::shared_ptr<Session>> live;
  live.reserve(sessions_.size());
  for (const auto& [key, weak] : sessions_) {
    if (auto session = weak.lock()) live.push_back(std::move(session));
  }
  return live;
}

void Server::session_ended(Session* session) {
  sessions_.erase(session);
  if (stopping_) stop_when_empty();
}

void Server::stop_when_empty() {
  if (!sessions_.empty()) return;
  boost::system::error_code ignored;
  signals_.cancel(ignored);
  ticker_.cancel();
  grace_.cancel();
}

}  // namespace

Result<void> run_server(const ServerOptions& options,
                        const std::function<void(const Listening&)>& on_listening) {
  BB_TRY_ASSIGN(const DataDir data_dir, DataDir::open(options.data_dir));
  Server server(options);
  BB_TRY_ASSIGN(const Listening listening, server.listen());
  on_listening(listening);
  logging::info("events are kept in memory: they do not survive the end of this process");
  server.run();
  return {};
}

}  // namespace bb::server
