// Work that blocks, awaited from the event loop.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace bb::server {

// Runs `job` on a thread of `pool` and gives its result, on the caller's executor. The pool is
// joined before the executor's context ends.
template <class T>
boost::asio::awaitable<T> run_elsewhere(boost::asio::thread_pool& pool, std::function<T()> job) {
  namespace asio = boost::asio;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  struct State {
    explicit State(const asio::any_io_executor& owner)
        : done(owner, asio::steady_timer::time_point::max()) {}
    asio::steady_timer done;
    std::optional<T> result;
  };
  const auto state = std::make_shared<State>(executor);
  asio::post(pool, [state, executor, job = std::move(job)]() mutable {
    auto result = std::make_shared<T>(job());
    asio::post(executor, [state, result] {
      state->result = std::move(*result);
      state->done.cancel();
    });
  });
  while (!state->result) co_await state->done.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return *std::move(state->result);
}

}  // namespace bb::server
