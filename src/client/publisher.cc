#include "client/publisher.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "client/publisher_state.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using Pointer = PublisherState::Pointer;

// Notifies the signal when the time is over; the waiter looks at the clock.
class Alarm {
 public:
  Alarm(const Pointer& state, milliseconds timeout)
      : end_(std::chrono::steady_clock::now() + timeout), timer_(state->executor(), end_) {
    timer_.async_wait([weak = std::weak_ptr(state)](const boost::system::error_code& error) {
      const auto alive = weak.lock();
      if (!error && alive) alive->changed().notify();
    });
  }
  bool over() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  const std::chrono::steady_clock::time_point end_;
  asio::steady_timer timer_;
};

awaitable<void> wait_ready(Pointer state, std::uint64_t bytes) {
  while (!state->has_room(bytes)) co_await state->changed().wait();
}

awaitable<void> wait_settled(Pointer state, std::uint64_t number) {
  while (!state->settled_up_to(number)) co_await state->changed().wait();
}

awaitable<Outcome> wait_outcome(Pointer state, OutgoingMessage message) {
  const std::uint64_t bytes = message.routing_key.size() + message.body.size();
  while (!state->has_room(bytes)) co_await state->changed().wait();
  auto pending = state->publish_with_outcome(message);
  if (!pending) co_return fail(std::move(pending).error());
  co_return co_await wait_for(*std::move(pending));
}

awaitable<Result<void>> close_within(Pointer state, milliseconds timeout) {
  state->close();
  const Alarm alarm(state, timeout);
  while (state->unsettled_count() > 0 && !alarm.over()) co_await state->changed().wait();
  const std::size_t left = state->unsettled_count();
  state->stop();
  while (state->has_connection()) co_await state->changed().wait();
  if (left == 0) co_return Result<void>{};
  co_return fail(ErrorCode::kTimeout,
                 std::to_string(left) + " messages were not confirmed in time");
}

awaitable<Result<void>> wait_for_connection(Pointer state, milliseconds timeout) {
  const Alarm alarm(state, timeout);
  while (!state->is_connected() && !alarm.over()) co_await state->changed().wait();
  if (state->is_connected()) co_return Result<void>{};
  if (state->last_failure()) co_return fail(*state->last_failure());
  co_return fail(ErrorCode::kTimeout, "no broker answered in time");
}

}  // namespace

Publisher::Publisher(const asio::any_io_executor& executor, PublisherOptions options)
    : state_(std::make_shared<PublisherState>(executor, std::move(options))) {
  asio::co_spawn(executor, PublisherState::run(state_), asio::detached);
}

Publisher::Publisher(Publisher&&) noexcept = default;

Publisher& Publisher::operator=(Publisher&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->drop();
  state_ = std::move(other.state_);
  return *this;
}

Publisher::~Publisher() {
  if (state_) state_->drop();
}

Result<std::uint64_t> Publisher::publish(const OutgoingMessage& message) {
  return state_->publish(message);
}
awaitable<void> Publisher::ready(std::uint64_t bytes) {
  return wait_ready(state_, bytes);
}
bool Publisher::is_ready(std::uint64_t bytes) const {
  return state_->has_room(bytes);
}

void Publisher::on_settled(std::function<void(std::uint64_t, const Outcome&)> handler) {
  state_->on_settled = std::move(handler);
}

awaitable<Outcome> Publisher::publish_and_wait(OutgoingMessage message) {
  return wait_outcome(state_, message);
}

std::size_t Publisher::unsettled_count() const {
  return state_->unsettled_count();
}
awaitable<void> Publisher::flush() {
  return wait_settled(state_, state_->last_number());
}
awaitable<Result<void>> Publisher::close(milliseconds timeout) {
  return close_within(state_, timeout);
}

bool Publisher::is_connected() const {
  return state_->is_connected();
}
awaitable<Result<void>> Publisher::wait_connected(milliseconds timeout) {
  return wait_for_connection(state_, timeout);
}
void Publisher::on_connection(std::function<void(const Error*)> handler) {
  state_->on_connection = std::move(handler);
}

}  // namespace bb::client
