// The seam between the broker and whatever keeps its messages: memory today, the
// log on disk next. The broker tells it what must survive, and holds each publisher's
// confirm back until the storage says that it will.
#pragma once

#include <cstdint>
#include <span>

#include "bloodbank/result.h"
#include "broker/message.h"

namespace bb::broker {

using QueueId = std::uint64_t;   // never reused within a broker
using Position = std::uint64_t;  // in the order of appends; 0 is before all

class Storage {
 public:
  virtual ~Storage() = default;

  // Keeps a persistent message for the durable queues that received it, once for all
  // of them. Returns its position: larger than every one before. An error means
  // that nothing was kept: the publisher gets a nack.
  virtual Result<Position> append(const Message& message, std::span<const QueueId> queues) = 0;

  // `queue` is done with the message at `position`.
  virtual void acknowledge(QueueId queue, Position position) = 0;

  // The queue is gone, and with it whatever it still held.
  virtual void forget_queue(QueueId queue) = 0;

  // Everything at or before this position survives a crash. Rises; whoever makes it
  // rise calls Broker::on_durable() afterwards.
  virtual Position durable() const = 0;
};

// Survives nothing, and says so at once: every append is as durable as it gets.
class MemoryStorage final : public Storage {
 public:
  Result<Position> append(const Message&, std::span<const QueueId>) override { return ++last_; }
  void acknowledge(QueueId, Position) override {}
  void forget_queue(QueueId) override {}
  Position durable() const override { return last_; }

 private:
  Position last_ = 0;
};

}  // namespace bb::broker
