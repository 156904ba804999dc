// The seam between the broker and whatever keeps its messages and definitions: memory, or the
// log on disk. The broker tells it what must survive, and holds each publisher's confirm back until
// the storage says that it will.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bloodbank/result.h"
#include "broker/message.h"

namespace bb::broker {

using QueueId = std::uint64_t;       // never reused within a broker, restarts included
using Position = std::uint64_t;      // in the order of appends; 0 is before all
using StreamOffset = std::uint64_t;  // of a message in its stream: dense, from 0

// What survives a restart besides messages. Numbers are on disk.
enum class DefinitionKind : std::uint8_t {
  kVhost = 1,
  kUser = 2,
  kPermission = 3,
  kExchange = 4,
  kQueue = 5,
  kBinding = 6,
  kSetting = 7,
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Keeps a persistent message for the durable queues that received it, once for all
  // of them. Returns its position, which names it for ever: larger than every one before. An
  // error means that nothing was kept: the publisher gets a nack.
  virtual Result<Position> append(const Message& message, std::span<const QueueId> queues) = 0;

  // Whether load() works: messages need not stay in memory.
  virtual bool keeps_bodies() const { return false; }
  // The message at `position`, which some queue still holds. kIo: it cannot be read.
  virtual Result<Message::Ptr> load(Position position, MemoryGauge& gauge);

  // `queue` is done with the message at `position`.
  virtual void acknowledge(QueueId queue, Position position) = 0;
  // `queue` took it back after a delivery; it has come back `delivery_count` times.
  virtual void requeued(QueueId, Position, std::uint32_t /*delivery_count*/) {}
  // `queue` has given messages up to `position` to consumers: after a restart, what comes again of
  // those says so.
  virtual void delivered(QueueId, Position) {}

  // `stream` holds nothing before that offset any more. discard() follows for each message of it
  // that has left.
  virtual void truncated(QueueId, StreamOffset /*first_offset*/) {}

  // The queue is gone: what it still held does not come back. discard() follows for each message of
  // it that still waits or is unsettled, now or later.
  virtual void forget_queue(QueueId queue) = 0;
  virtual void discard(Position) {}

  // The value under `key` from now on. Keys are unique within a kind.
  virtual void put_definition(DefinitionKind, std::string_view /*key*/,
                              std::string_view /*value*/) {}
  // Fine when there is none.
  virtual void erase_definition(DefinitionKind, std::string_view /*key*/) {}

  // Every message that was appended so far survives once durable() has come to this.
  virtual Position appended() const = 0;
  // The same, of all that it was asked so far, acknowledgements included. An error: some of it
  // could not be written, so nobody may be told that it is safe.
  virtual Result<Position> write_settled() { return appended(); }
  // Everything before this position and at it survives a crash. Rises; whoever makes it
  // rise calls Broker::on_durable() afterwards.
  virtual Position durable() const = 0;
};

// Survives nothing, and says so at once: every append is as durable as it gets.
class MemoryStorage final : public Storage {
 public:
  Result<Position> append(const Message&, std::span<const QueueId>) override { return ++last_; }
  void acknowledge(QueueId, Position) override {}
  void forget_queue(QueueId) override {}
  Position appended() const override { return last_; }
  Position durable() const override { return last_; }

 private:
  Position last_ = 0;
};

}  // namespace bb::broker
