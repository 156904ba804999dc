// Between a broker and its storage: notes what became of each message that was to be kept.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "broker/log_storage.h"

namespace bb::sim {

class TapStorage final : public broker::Storage {
 public:
  using Position = broker::Position;
  using QueueId = broker::QueueId;

  struct Append {
    std::string body;
    std::vector<QueueId> queues;
    Position position = 0;  // 0: refused
    Position end = 0;       // behind its record
  };

  // `storage` outlives it.
  explicit TapStorage(broker::LogStorage& storage) : storage_(storage) {}

  struct Truncation {
    QueueId stream = 0;
    broker::StreamOffset first_offset = 0;
  };

  // Since the last call.
  std::vector<Append> take_appends() { return std::exchange(appends_, {}); }
  std::vector<Truncation> take_truncations() { return std::exchange(truncations_, {}); }

  Result<Position> append(const broker::Message& message,
                          std::span<const QueueId> queues) override {
    auto position = storage_.append(message, queues);
    appends_.push_back({.body = std::string(message.body()),
                        .queues = {queues.begin(), queues.end()},
                        .position = position.value_or(0),
                        .end = storage_.appended() + 1});
    return position;
  }
  bool keeps_bodies() const override { return storage_.keeps_bodies(); }
  Result<broker::Message::Ptr> load(Position position, broker::MemoryGauge& gauge) override {
    return storage_.load(position, gauge);
  }
  void acknowledge(QueueId queue, Position position) override {
    storage_.acknowledge(queue, position);
  }
  void requeued(QueueId queue, Position position, std::uint32_t delivery_count) override {
    storage_.requeued(queue, position, delivery_count);
  }
  void delivered(QueueId queue, Position position) override { storage_.delivered(queue, position); }
  void truncated(QueueId stream, broker::StreamOffset first_offset) override {
    truncations_.push_back({stream, first_offset});
    storage_.truncated(stream, first_offset);
  }
  void forget_queue(QueueId queue) override { storage_.forget_queue(queue); }
  void discard(Position position) override { storage_.discard(position); }
  void put_definition(broker::DefinitionKind kind, std::string_view key,
                      std::string_view value) override {
    storage_.put_definition(kind, key, value);
  }
  void erase_definition(broker::DefinitionKind kind, std::string_view key) override {
    storage_.erase_definition(kind, key);
  }
  Position appended() const override { return storage_.appended(); }
  Result<Position> write_settled() override { return storage_.write_settled(); }
  Position durable() const override { return storage_.durable(); }

 private:
  broker::LogStorage& storage_;
  std::vector<Append> appends_;
  std::vector<Truncation> truncations_;
};

}  // namespace bb::sim
