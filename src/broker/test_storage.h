// For tests: a storage whose progress and faults are the test's to decide.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
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

  // From now on it remembers what is appended, and load() gives it.
  void keep_bodies() { keeps_bodies_ = true; }
  // load() fails for what is at `position`.
  void damage(Position position) { kept_.erase(position); }
  std::size_t load_count() const { return load_count_; }

  // What was asked of it since the last call: "append m1 for 1, 2", "acknowledge 2 in 1"
  // (a position, a queue), "forget 1".
  std::vector<std::string> calls() { return std::exchange(calls_, {}); }

  Result<Position> append(const Message& message, std::span<const QueueId> queues) override {
    calls_.push_back(fmt::format("append {} for {}", message.body(), fmt::join(queues, ", ")));
    if (failing_) return fail(ErrorCode::kIo, "disk full");
    kept_[++last_] = Kept{std::string(message.routing_key()), std::string(message.body()),
                          message.published_ms()};
    return last_;
  }
  bool keeps_bodies() const override { return keeps_bodies_; }
  Result<Message::Ptr> load(Position position, MemoryGauge& gauge) override {
    ++load_count_;
    const auto found = kept_.find(position);
    if (found == kept_.end()) return fail(ErrorCode::kIo, "damaged");
    return Message::make(gauge, "", found->second.routing_key, "", found->second.body, true,
                         found->second.published_ms);
  }
  void acknowledge(QueueId queue, Position position) override {
    calls_.push_back(fmt::format("acknowledge {} in {}", position, queue));
  }
  void truncated(QueueId stream, StreamOffset first_offset) override {
    calls_.push_back(fmt::format("truncate {} to {}", stream, first_offset));
  }
  void forget_queue(QueueId queue) override { calls_.push_back(fmt::format("forget {}", queue)); }
  Position appended() const override { return last_; }
  Position durable() const override { return durable_; }

 private:
  struct Kept {
    std::string routing_key;
    std::string body;
    std::int64_t published_ms = 0;
  };
  std::map<Position, Kept> kept_;
  bool keeps_bodies_ = false;
  std::size_t load_count_ = 0;
  bool failing_ = false;
  Position last_ = 0;
  Position durable_ = 0;
  std::vector<std::string> calls_;
};

}  // namespace bb::broker
