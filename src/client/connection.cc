#include "client/connection.h"

#include <fmt/core.h>

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/try.h"
#include "client/channel.h"
#include "client/channel_state.h"
#include "client/connection_state.h"
#include "client/tls.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;

Result<void> check_options(const ConnectOptions& options) {
  const amqp::Url& url = options.url;
  if (url.vhost.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kInvalidUrl,
                fmt::format("the virtual host in the URL has {} bytes, and AMQP allows {}",
                            url.vhost.size(), amqp::kShortStringMaxBytes));
  }
  return {};
}

asio::awaitable<void> say_goodbye(ConnectionState::Pointer state) {
  state->protocol().close();
  state->wake_writer();
  co_await ConnectionState::wait_closed(state);
}

asio::awaitable<Result<Channel>> give(Result<Channel> channel) {
  co_return std::move(channel);
}

}  // namespace

asio::awaitable<Result<Connection>> Connection::connect(ConnectOptions options) {
  if (auto checked = check_options(options); !checked) co_return fail(std::move(checked).error());
  const auto time = options.url.connection_timeout.value_or(options.timeout);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::string host = options.url.host;
  const std::uint16_t port = options.url.port;
  ProtocolOptions protocol{.url = std::move(options.url),
                           .connection_name = std::move(options.connection_name),
                           .body_bytes_max = options.body_bytes_max,
                           .output_bytes_max = options.output_bytes_max};
  // Drops everything should this coroutine not get to its end.
  Connection connection(std::make_shared<ConnectionState>(executor, std::move(protocol)));
  const ConnectionState::Pointer state = connection.state_;

  if (auto prepared = state->prepare_tls(); !prepared) co_return fail(std::move(prepared).error());
  // Not from before: the first time the authorities of the system are read.
  const auto deadline = ConnectionState::Clock::now() + time;
  auto connected = co_await ConnectionState::connect_socket(state, std::move(host), port, deadline);
  if (!connected) co_return fail(std::move(connected).error());
  auto secured = co_await ConnectionState::secure(state, deadline);
  if (!secured) co_return fail(std::move(secured).error());
  auto opened = co_await ConnectionState::shake_hands(state, deadline);
  if (!opened) co_return fail(std::move(opened).error());
  co_return connection;
}

Connection::Connection(std::shared_ptr<ConnectionState> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->drop();
  state_ = std::move(other.state_);
  return *this;
}

Connection::~Connection() {
  if (state_) state_->drop();
}

asio::awaitable<Result<Channel>> Connection::open_channel() {
  auto protocol = state_->protocol().open_channel();
  if (!protocol) return give(fail(std::move(protocol).error()));
  auto channel = std::make_shared<ChannelState>(state_, *std::move(protocol));
  state_->add_channel(channel);
  state_->wake_writer();
  return give(Channel(std::move(channel)));
}

asio::awaitable<void> Connection::close() {
  return say_goodbye(state_);
}

void Connection::drop() {
  state_->drop();
}

bool Connection::is_open() const {
  return state_->protocol().is_open();
}
Error Connection::failure() const {
  return state_->failure();
}

void Connection::on_closed(std::function<void(const Error&)> handler) {
  state_->set_closed_handler(std::move(handler));
}

std::uint64_t Connection::written_bytes() const {
  return state_->written_bytes();
}
std::uint64_t Connection::delivered_bytes() const {
  return state_->delivered_bytes();
}

bool Connection::is_blocked() const {
  return state_->is_blocked();
}
const std::string& Connection::blocked_reason() const {
  return state_->blocked_reason();
}

void Connection::on_blocked(std::function<void(bool, const std::string&)> handler) {
  state_->set_blocked_handler(std::move(handler));
}

const TlsFacts* Connection::tls_facts() const {
  return state_->tls_facts();
}

const amqp::FieldTable& Connection::server_properties() const {
  return state_->protocol().server_properties();
}

}  // namespace bb::client
