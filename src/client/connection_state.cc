#include "client/connection_state.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <utility>

#include "client/channel_state.h"
#include "client/tls_link.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 128ull << 10;
constexpr std::size_t kKeptBytes = 1 << 20;  // of the output buffer's memory, once it is sent
// How long a peer that does not take our last words is waited for.
constexpr milliseconds kLinger{1000};

}  // namespace

ConnectionState::ConnectionState(const Executor& executor, ProtocolOptions options)
    : executor_(executor),
      protocol_(std::move(options)),
      socket_(executor),
      output_ready_(executor),
      changed_(executor),
      action_timer_(executor),
      heartbeat_timer_(executor) {}

ConnectionState::~ConnectionState() = default;

asio::awaitable<void> ConnectionState::wait_closed(Pointer self) {
  if (!self->protocol_.has_ended()) {
    self->bytes_sent_at_check_ = self->bytes_sent_;
    self->act_at(Clock::now() + kLinger, &ConnectionState::on_close_timeout);
  }
  while (!self->protocol_.has_ended()) co_await self->changed_.wait();
}

void ConnectionState::drop() {
  if (std::exchange(dropped_, true)) return;
  on_closed_.reset();
  on_blocked_.reset();
  protocol_.end({ErrorCode::kClosed, "the connection was dropped"});
  dispatch_events();
  close_socket();
}

template <class Stream>
void ConnectionState::start_loops(Stream& stream) {
  asio::co_spawn(executor_, read_loop(shared_from_this(), stream), asio::detached);
  asio::co_spawn(executor_, write_loop(shared_from_this(), stream), asio::detached);
}

template <class Stream>
asio::awaitable<void> ConnectionState::read_loop(Pointer self, Stream& stream) {
  const auto inbox = std::make_unique_for_overwrite<std::byte[]>(kReadBytes);
  while (self->socket_.is_open()) {
    const auto [error, size] =
        co_await stream.async_read_some(asio::buffer(inbox.get(), kReadBytes), kTuple);
    if (error) {
      self->on_read_error(error);
    } else {
      self->protocol_.on_bytes({inbox.get(), size});
    }
    self->dispatch_events();
    if (error) break;
  }
  self->close_socket();
}

void ConnectionState::on_read_error(const boost::system::error_code& error) {
  // What a broker did not finish to say in AMQP is told as such; TLS need not be asked about ends.
  const bool plain_end = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  if (tls_ && !protocol_.is_open()) {
    if (auto told = told_by_peer(error, tls_->peer)) {
      protocol_.end(*std::move(told));
      return;
    }
  }
  protocol_.on_eof(plain_end ? std::string() : error.message());
}

template <class Stream>
asio::awaitable<void> ConnectionState::write_loop(Pointer self, Stream& stream) {
  while (self->socket_.is_open()) {
    if (self->writing_.empty()) {
      if (self->protocol_.output().empty()) {
        if (self->protocol_.has_ended()) break;
        co_await self->output_ready_.wait();
        continue;
      }
      self->protocol_.take_output(self->writing_);
    }
    const ByteView bytes = self->writing_.view();
    const auto [error, size] =
        co_await stream.async_write_some(asio::buffer(bytes.data(), bytes.size()), kTuple);
    if (error) {
      // The reader finds out why: the broker's last words may still be on their way.
      if (self->socket_.is_open()) {
        self->act_at(Clock::now() + kLinger, &ConnectionState::close_socket);
      }
      co_return;
    }
    self->writing_.consume(size);
    self->bytes_sent_ += size;
    if (self->writing_.empty() && self->writing_.capacity() > kKeptBytes) self->writing_.reset();
    self->changed_.notify();
  }
  // Closing outright could make the system throw away what the peer has not read yet.
  boost::system::error_code ignored;
  self->socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

asio::awaitable<Result<void>> ConnectionState::shake_hands(Pointer self,
                                                           Clock::time_point deadline) {
  self->protocol_.start();
  self->act_at(deadline, &ConnectionState::on_handshake_timeout);
  if (self->tls_) {
    self->start_loops(self->tls_->stream);
  } else {
    self->start_loops(self->socket_);
  }
  while (!self->protocol_.is_open() && !self->protocol_.has_ended()) co_await self->changed_.wait();
  if (self->protocol_.is_open()) {
    self->call_off();
    co_return Result<void>{};
  }
  // Our close-ok goes out first: without it a broker logs that we vanished.
  while (self->pending_bytes() > 0 && self->socket_.is_open()) co_await self->changed_.wait();
  co_return fail(self->protocol_.error());
}

std::uint64_t ConnectionState::delivered_bytes() {
  int queued_bytes = 0;  // by the system, and not acknowledged
  if (!socket_.is_open() || ::ioctl(socket_.native_handle(), SIOCOUTQ, &queued_bytes) != 0) {
    return bytes_sent_;
  }
  const auto queued = static_cast<std::uint64_t>(std::max(queued_bytes, 0));
  return bytes_sent_ - std::min(queued, bytes_sent_);
}

asio::awaitable<void> ConnectionState::heartbeat_loop(Pointer self) {
  const milliseconds interval{self->protocol_.tuning().heartbeat_seconds * 500};
  while (!self->protocol_.has_ended()) {
    self->heartbeat_timer_.expires_after(interval);
    const auto [cancelled] = co_await self->heartbeat_timer_.async_wait(kTuple);
    if (cancelled) co_return;
    self->protocol_.on_tick();
    self->dispatch_events();
  }
}

// A handler that throws ends the program: there is nobody to catch it.
void ConnectionState::dispatch_events() noexcept {
  if (std::exchange(dispatching_, true)) return;
  for (;;) {
    std::vector<Event> events = protocol_.take_events();
    if (events.empty()) break;
    for (Event& event : events) {
      std::visit([this](auto& each) { on_event(each); }, event);
    }
  }
  dispatching_ = false;
  wake_writer();
}

void ConnectionState::on_event(Opened&) {
  if (protocol_.tuning().heartbeat_seconds > 0) {
    asio::co_spawn(executor_, heartbeat_loop(shared_from_this()), asio::detached);
  }
  changed_.notify();
}

void ConnectionState::on_event(BlockedChanged& event) {
  blocked_ = event.blocked;
  blocked_reason_ = std::move(event.reason);
  if (const auto handler = on_blocked_) (*handler)(blocked_, blocked_reason_);
}

void ConnectionState::on_event(ConnectionEnded& event) {
  if (!event.by_close) failure_ = event.error;
  heartbeat_timer_.cancel();
  changed_.notify();
  if (protocol_.said_goodbye()) {
    close_socket();
  } else if (socket_.is_open() && !dropped_) {
    act_at(Clock::now() + kLinger, &ConnectionState::close_socket);
  }
  report_closed();
}

template <class ChannelEvent>
void ConnectionState::on_event(ChannelEvent& event) {
  const auto entry = channels_.find(event.channel);
  if (entry == channels_.end()) return;
  if (const auto channel = entry->second.lock()) channel->on_event(event);
}

void ConnectionState::add_channel(const std::shared_ptr<ChannelState>& channel) {
  channels_.emplace(channel->key(), channel);
}

void ConnectionState::set_closed_handler(ClosedHandler handler) {
  on_closed_ = std::make_shared<const ClosedHandler>(std::move(handler));
  if (failure_.message.empty() || dropped_) return;
  asio::post(executor_, [self = shared_from_this()] { self->report_closed(); });
}

void ConnectionState::report_closed() {
  const auto handler = std::exchange(on_closed_, nullptr);
  if (handler && *handler && !failure_.message.empty()) (*handler)(failure_);
}

void ConnectionState::set_blocked_handler(BlockedHandler handler) {
  on_blocked_ = handler ? std::make_shared<const BlockedHandler>(std::move(handler)) : nullptr;
}

void ConnectionState::act_at(Clock::time_point time, Action action) {
  action_timer_.expires_at(time);
  action_timer_.async_wait([weak = weak_from_this(), action](boost::system::error_code error) {
    const auto self = weak.lock();
    // A wait that had run out when it was called off still comes without an error.
    if (error || !self || self->action_timer_.expiry() > Clock::now()) return;
    (self.get()->*action)();
  });
}

void ConnectionState::call_off() {
  action_timer_.expires_at(Clock::time_point::max());
}

void ConnectionState::close_socket() {
  call_off();
  boost::system::error_code ignored;
  socket_.close(ignored);
  wake_writer();
  changed_.notify();
}

void ConnectionState::on_close_timeout() {
  if (bytes_sent_ != std::exchange(bytes_sent_at_check_, bytes_sent_)) {
    act_at(Clock::now() + kLinger, &ConnectionState::on_close_timeout);
    return;
  }
  protocol_.end({ErrorCode::kClosed, "the broker did not answer the goodbye"});
  dispatch_events();
  close_socket();
}

}  // namespace bb::client
