// For tests: a storage whose progress and faults are the test's to decide.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "broker/storage.h"

namespace bb::broker {

class TestStorage final : public Storage {
 public:
  // From now on append() keeps nothing and says so.
  void fail_appends() { failing_ = true; }
  void repair() { failing_ = false; }
  // Everything that was appended, or the first `count` of it, is durable now.
  void sync() { durable_ = last_; }
  void sync_first(Position count) { durable_ = count; }

  // What was asked of it since the last call: "append m1 for 1, 2", "acknowledge 2 in 1"
  // (a position, a queue), "forget 1".
  std::vector<std::string> calls() { return std::exchange(calls_, {}); }

  Result<Position> append(const Message& message, std::span<const QueueId> queues) override {
    calls_.push_back(fmt::format("append {} for {}", message.body(), fmt::join(queues, ", ")));
    if (failing_) return fail(ErrorCode::kIo, "disk full");
    return ++last_;
  }
  void acknowledge(QueueId queue, Position position) override {
    calls_.push_back(fmt::format("acknowledge {} in {}", position, queue));
  }
  void forget_queue(QueueId queue) override { calls_.push_back(fmt::format("forget {}", queue)); }
  Position durable() const override { return durable_; }

 private:
  bool failing_ = false;
  Position last_ = 0;
  Position durable_ = 0;
  std::vector<std::string> calls_;
};

}  // namespace bb::broker
