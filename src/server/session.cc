#include "server/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/logging.h"

namespace bb::server {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// One session's turn at reading, so that a fast publisher does not starve the others.
constexpr int kDrainReadsMax = 4;
// How many ticks the last words of a connection get, and how many a client that has said goodbye
// has to close the socket (as many seconds as it has in RabbitMQ).
constexpr int kLastWordsTicks = 5;
constexpr int kClientClosesTicks = 30;
// An output buffer that grew larger than this is given back once it is written; growing a new one
// for every batch would cost more than the batch. Idle connections keep none.
constexpr std::size_t kOutboxKeptBytes = 4 << 20;

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
  return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

broker::Peer peer_of(const asio::ip::tcp::socket& socket) {
  broker::Peer peer;
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return {.address = "unknown peer"};
  const auto address = remote.address();
  peer.address = to_string(remote);
  peer.is_loopback =
      address.is_loopback() ||
      (address.is_v6() && address.to_v6().is_v4_mapped() &&
       asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback());
  if (const auto local = socket.local_endpoint(ec); !ec) peer.local = to_string(local);
  return peer;
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, broker::Broker& broker, std::span<std::byte> scratch,
                 std::function<void(Session*)> on_end)
    : socket_(std::move(socket)),
      output_ready_(socket_.get_executor(), asio::steady_timer::time_point::max()),
      input_resumed_(socket_.get_executor(), asio::steady_timer::time_point::max()),
      scratch_(scratch),
      on_end_(std::move(on_end)) {
  connection_ = broker.connect(peer_of(socket_), *this, Clock::now());
}

Session::~Session() = default;

void Session::start() {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  asio::co_spawn(socket_.get_executor(), read_loop(shared_from_this()), asio::detached);
  asio::co_spawn(socket_.get_executor(), write_loop(shared_from_this()), asio::detached);
}

void Session::tick() {
  if (!connection_) return;
  connection_->on_tick(Clock::now());
  if (!std::exchange(wrote_since_tick_, false) && outbox_.empty()) outbox_.reset();
  // A client that has stopped reading does not take our last words either.
  const int ticks_max = said_all_ ? kClientClosesTicks : kLastWordsTicks;
  if (connection_->finished() && ++finished_ticks_ > ticks_max) end();
}

void Session::abort() {
  end();
}

void Session::stop_waiting() {
  if (said_all_) end();
}

void Session::attention() {
  output_ready_.cancel_one();
  input_resumed_.cancel_one();
}

asio::awaitable<void> Session::read_loop(std::shared_ptr<Session> self) {
  while (self->connection_) {
    if (!self->connection_->finished() && self->connection_->reading_paused()) {
      co_await self->input_resumed_.async_wait(kTuple);
      continue;
    }
    const auto [ec, size] =
        co_await self->socket_.async_read_some(asio::buffer(self->inbox_), kTuple);
    if (ec || !self->connection_) break;
    if (self->connection_->finished()) continue;  // Connection::client_closes()
    self->connection_->on_bytes(std::span(self->inbox_).first(size), Clock::now());
    if (size == self->inbox_.size() && !self->drain_socket()) break;
  }
  if (!self->connection_) co_return;
  self->peer_ended_ = true;
  // Of a connection that has finished, the write loop has the last words still to write.
  if (!self->connection_->finished() || self->said_all_) self->end();
}

bool Session::drain_socket() {
  for (int i = 0; i < kDrainReadsMax; ++i) {
    if (connection_->finished() || connection_->reading_paused()) return true;
    boost::system::error_code ec;
    const std::size_t size = socket_.read_some(asio::buffer(scratch_.data(), scratch_.size()), ec);
    if (ec == asio::error::would_block) return true;
    if (ec) return false;
    connection_->on_bytes(scratch_.first(size), Clock::now());
    if (size < scratch_.size()) return true;
  }
  return true;
}

asio::awaitable<void> Session::write_loop(std::shared_ptr<Session> self) {
  while (self->connection_) {
    if (!self->connection_->has_output()) {
      if (self->connection_->finished()) break;
      co_await self->output_ready_.async_wait(kTuple);
      continue;
    }
    self->connection_->take_output(self->outbox_, Clock::now());
    self->wrote_since_tick_ = true;
    while (!self->outbox_.empty()) {
      const ByteView bytes = self->outbox_.view();
      const auto [ec, size] =
          co_await self->socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), kTuple);
      if (ec || !self->connection_) {
        self->end();
        co_return;
      }
      self->outbox_.consume(size);
      self->connection_->on_output_progress(Clock::now());
    }
    if (self->outbox_.capacity() > kOutboxKeptBytes) self->outbox_.reset();
    self->connection_->on_output_written(Clock::now());
    self->input_resumed_.cancel_one();
  }
  if (!self->connection_) co_return;
  if (self->connection_->client_closes() && !self->peer_ended_) {
    self->said_all_ = true;  // the read loop goes on until the client closes, or tick() ends it
  } else {
    self->end();
  }
}

// From whichever loop ends first; the other wakes up to find no connection.
void Session::end() {
  if (!connection_) return;
  const auto connection = std::exchange(connection_, nullptr);
  if (connection->finished() && connection->reason().empty()) {
    logging::debug("{}: closed", connection->describe());
  } else {
    // Also of one that was told goodbye and closed the socket without a word.
    logging::info("{}: {}", connection->describe(),
                  connection->reason().empty() ? "client closed the socket without saying goodbye"
                                               : connection->reason());
  }
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  output_ready_.cancel();
  input_resumed_.cancel();
  on_end_(this);
}

}  // namespace bb::server
