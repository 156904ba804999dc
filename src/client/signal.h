// A condition that coroutines of one executor wait for, and the answer to one call.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "bloodbank/result.h"
#include "client/events.h"
#include "client/message.h"

namespace bb::client {

// Waiters check their condition in a loop around wait(): it may return without cause. A
// notify() that nobody waits for is forgotten. The waiter keeps the signal's owner
// alive. Not thread-safe: one executor.
class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  // Resumes every waiter later, from the executor, never from within this call.
  void notify() {
    if (std::exchange(waiting_, false)) timer_.cancel();
  }

  boost::asio::awaitable<void> wait() {
    waiting_ = true;
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  boost::asio::steady_timer timer_;  // never expires
  bool waiting_ = false;
};

// A result that is set once. Shared by the coroutine that waits and the channel that
// sets it, because either may go first.
template <class T>
struct Pending {
  explicit Pending(const boost::asio::any_io_executor& executor) : done(executor) {}

  void set(Result<T> value) {
    if (result) return;
    result = std::move(value);
    done.notify();
  }

  Signal done;
  std::optional<Result<T>> result;
};

template <class T>
using PendingPtr = std::shared_ptr<Pending<T>>;

// A free coroutine that owns what it waits for: no object that may go away is touched.
template <class T>
boost::asio::awaitable<Result<T>> wait_for(PendingPtr<T> pending) {
  while (!pending->result) co_await pending->done.wait();
  co_return std::move(*pending->result);
}

}  // namespace bb::client
