#include "cli/wakeup.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bb::cli {

namespace asio = boost::asio;

Wakeup::Wakeup(const asio::any_io_executor& executor)
    : timer_(executor, asio::steady_timer::time_point::max()) {}

void Wakeup::notify() {
  timer_.cancel();
}

asio::awaitable<void> Wakeup::wait() {
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace bb::cli
