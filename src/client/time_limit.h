// A bound on how long a coroutine is waited for.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "bloodbank/result.h"

namespace bb::client {

// The result of `task`, or kTimeout with `complaint` once `limit` is over: the task is cancelled
// then, and may go on for a moment, so that it owns all that it uses. An exception out of it is
// kFailure.
template <class T>
boost::asio::awaitable<Result<T>> within(boost::asio::awaitable<Result<T>> task,
                                         std::chrono::milliseconds limit, std::string complaint) {
  namespace asio = boost::asio;
  struct State {
    explicit State(const asio::any_io_executor& executor) : timer(executor) {}
    std::optional<Result<T>> result;
    asio::steady_timer timer;
    asio::cancellation_signal cancel;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<State>(executor);
  state->timer.expires_after(limit);
  auto on_end = [state](const std::exception_ptr& exception, Result<T> result) {
    if (exception) {
      state->result = fail(ErrorCode::kFailure, "it was given up");
    } else {
      state->result = std::move(result);
    }
    state->timer.cancel();
  };
  asio::co_spawn(executor, std::move(task),
                 asio::bind_cancellation_slot(state->cancel.slot(), std::move(on_end)));
  // The task may have ended before the wait began: its cancel() then found nobody.
  if (!state->result) co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (state->result) co_return std::move(*state->result);
  state->cancel.emit(asio::cancellation_type::terminal);
  co_return fail(ErrorCode::kTimeout, std::move(complaint));
}

}  // namespace bb::client
