// A condition variable for coroutines on one executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace bb::cli {

// wait() suspends until the next notify(); what was notified before does not count, so waits stand
// in a loop around their condition. Not thread-safe.
class Wakeup {
 public:
  explicit Wakeup(const boost::asio::any_io_executor& executor);

  void notify();
  boost::asio::awaitable<void> wait();

 private:
  boost::asio::steady_timer timer_;  // never expires; cancelling it wakes
};

}  // namespace bb::cli
