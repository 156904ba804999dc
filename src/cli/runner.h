// Runs coroutines to their end from code that is none, with a deadline and, if wanted, until a
// signal: what a command does between reading its options and its exit code.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "bloodbank/result.h"

namespace bb::cli {

// When to give up. The task may move it on while it makes progress.
struct Deadline {
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::time_point::max();
  // Not beyond it, whatever the progress.
  std::chrono::steady_clock::time_point latest = std::chrono::steady_clock::time_point::max();

  static Deadline in(std::chrono::milliseconds duration) {
    Deadline deadline;
    deadline.move_to(duration);
    return deadline;
  }
  void move_to(std::chrono::milliseconds from_now) {
    at = std::min(std::chrono::steady_clock::now() + from_now, latest);
  }
  void move_to_never() { at = std::chrono::steady_clock::time_point::max(); }
  bool is_never() const { return at == std::chrono::steady_clock::time_point::max(); }
};

// A single-threaded event loop and what runs on it. Not thread-safe.
class Runner {
 public:
  boost::asio::io_context& context() { return context_; }

  // From now on SIGINT and SIGTERM end run() with kInterrupted instead of the process. A second one
  // ends the process.
  void catch_signals() {
    signals_.emplace(context_, SIGINT, SIGTERM);
    signals_->async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      signals_.reset();
      if (on_signal_) {
        on_signal_();
      } else {
        interrupted_ = true;
      }
    });
  }

  // After catch_signals(): the first signal calls `handler` instead, and run() goes on. An empty
  // one undoes that. For a task with something to bring to its end.
  void on_signal(std::function<void()> handler) { on_signal_ = std::move(handler); }

  // Runs `task` to its end. kTimeout at the deadline, kInterrupted by a signal, kFailure for an
  // exception out of the task. After kTimeout and kInterrupted the task is left where it stands
  // until the Runner is destroyed, and run() must not be called again.
  template <class T>
  Result<T> run(boost::asio::awaitable<Result<T>> task, const Deadline& deadline) {
    BB_ASSERT(!abandoned_);
    // The task may be destroyed after this call returned.
    const auto outcome = std::make_shared<std::optional<Result<T>>>();
    boost::asio::co_spawn(context_, std::move(task),
                          [outcome](const std::exception_ptr& exception, Result<T> result) {
                            *outcome = exception ? from_exception<T>(exception) : std::move(result);
                          });
    context_.restart();
    abandoned_ = true;
    while (!*outcome) {
      if (interrupted_) return fail(ErrorCode::kInterrupted, "interrupted");
      if (std::chrono::steady_clock::now() >= deadline.at) {
        return fail(ErrorCode::kTimeout, "no answer in time");
      }
      context_.run_one_until(deadline.at);
    }
    abandoned_ = false;
    return std::move(**outcome);
  }

 private:
  template <class T>
  static Result<T> from_exception(const std::exception_ptr& pointer) {
    try {
      std::rethrow_exception(pointer);
    } catch (const std::exception& exception) {
      return fail(ErrorCode::kFailure, exception.what());
    }
  }

  // One thread: no locks needed within the loop.
  boost::asio::io_context context_{1};
  std::optional<boost::asio::signal_set> signals_;
  std::function<void()> on_signal_;
  bool interrupted_ = false;
  bool abandoned_ = false;
};

}  // namespace bb::cli
