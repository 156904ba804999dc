// Patience with what is on its way to a broker.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "cli/runner.h"
#include "client/connection.h"

namespace bb::cli {

// Moves the deadline, unless there is none, while what was published is still on its way: a large
// event over a slow link takes its time before there is anything to confirm.
class TransferWatch {
 public:
  // Looks at the transfer this often within the time that it may stand still.
  static constexpr int kLooks = 8;

  // `on_late` is called when it sees that the deadline has passed, for whoever has no other to see
  // to that.
  TransferWatch(const boost::asio::any_io_executor& executor, const client::Connection& connection,
                std::chrono::milliseconds timeout, Deadline& deadline,
                std::function<void()> on_late = {})
      : timer_(executor),
        connection_(connection),
        timeout_(timeout),
        deadline_(deadline),
        on_late_(std::move(on_late)) {
    look_later();
  }

  // All that is written counts, until the first published().
  void expect_all() { goal_bytes_ = std::numeric_limits<std::uint64_t>::max(); }
  // After each publish. What is written later, as heartbeats are, is no progress.
  void published() { goal_bytes_ = connection_.written_bytes(); }

 private:
  void look_later() {
    timer_.expires_after(std::max(timeout_ / kLooks, std::chrono::milliseconds(1)));
    // A wait that is over may come after this object's end all the same.
    timer_.async_wait(
        [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
          if (!error && !alive.expired()) look();
        });
  }
  void look() {
    const std::uint64_t delivered = std::min(connection_.delivered_bytes(), goal_bytes_);
    if (delivered > delivered_bytes_ && !deadline_.is_never()) deadline_.move_to(timeout_);
    delivered_bytes_ = delivered;
    look_later();
    if (on_late_ && std::chrono::steady_clock::now() >= deadline_.at) on_late_();
  }

  boost::asio::steady_timer timer_;
  const client::Connection& connection_;
  const std::chrono::milliseconds timeout_;
  Deadline& deadline_;
  std::function<void()> on_late_;
  std::uint64_t goal_bytes_ = 0;
  std::uint64_t delivered_bytes_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

}  // namespace bb::cli
