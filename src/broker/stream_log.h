// What a stream holds: where its messages are in the storage, by offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "broker/storage.h"

namespace bb::broker {

// The places of messages in the order in which they came, about two bytes for each: differences in
// variable-length integers, in chunks that know enough of their messages to be found by offset or
// time. Whole segments of chunks leave at the front. Not thread-safe.
class StreamLog {
 public:
  // When a new segment begins: what is dropped goes by segments
  // (https://www.rabbitmq.com/streams.html#retention).
  struct Limits {
    std::uint64_t segment_bytes = 500'000'000;  // of bodies; RabbitMQ's default
    // Between the first and the last message of a segment.
    std::int64_t segment_ms = INT64_MAX;
  };

  struct Entry {
    StreamOffset offset = 0;
    Position position = 0;  // 0: the message was lost with a damaged part of the storage
  };

  // Messages that came one after the other.
  struct Chunk {
    StreamOffset first_offset = 0;
    std::uint32_t count = 0;
    bool begins_segment = false;
    Position before = 0;         // the first difference is from this
    Position last_position = 0;  // of its messages
    std::int64_t first_ms = 0;   // when the first one was published, since 1970
    std::int64_t last_ms = 0;
    std::uint64_t body_bytes = 0;
    // For each message the varint of its position's difference from the one before; 0 where it was
    // lost.
    std::vector<std::uint8_t> bytes = {};
    bool is_reckoned = false;  // body_bytes: what it was, in proportion to what is left of it

    StreamOffset end_offset() const { return first_offset + count; }
  };

  // Before a message, or at the end. It stays good while messages come and go.
  class Cursor {
   public:
    StreamOffset offset() const { return offset_; }

   private:
    friend class StreamLog;
    StreamOffset offset_ = 0;
    std::uint64_t chunk_ = 0;  // by number: see dropped_
    std::size_t at_ = 0;       // in its bytes
    Position position_ = 0;    // of the message before
  };

  StreamLog() = default;
  explicit StreamLog(const Limits& limits) : limits_(limits) {}

  // For the segments from here on.
  void set_limits(const Limits& limits) { limits_ = limits; }

  // `position` is larger than every one before.
  void append(Position position, std::uint64_t body_bytes, std::int64_t published_ms);

  // Before the first message from `offset` on.
  Cursor find(StreamOffset offset) const;
  Cursor end() const;
  // Steps over a message; nothing at the end. A cursor at messages that were dropped goes on at the
  // first that is left.
  std::optional<Entry> next(Cursor& cursor) const;
  // Messages one after the other that were published at about `time_ms`: those before them were
  // published earlier, those behind them not. Empty at the end.
  std::vector<Entry> around(std::int64_t time_ms) const;

  StreamOffset first_offset() const {
    return chunks_.empty() ? next_offset_ : first().first_offset;
  }
  StreamOffset next_offset() const { return next_offset_; }
  std::uint64_t size() const { return next_offset_ - first_offset(); }
  bool empty() const { return size() == 0; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  // What it takes itself.
  std::size_t memory_bytes() const { return memory_bytes_; }

  std::size_t segment_count() const { return segment_count_; }
  struct Segment {
    StreamOffset end_offset = 0;
    std::int64_t last_ms = 0;
    std::uint64_t body_bytes = 0;
  };
  // There is one.
  Segment first_segment() const;

  using PositionVisitor = std::function<void(Position)>;
  // Messages before `offset` leave; `dropped` is called for each that was not lost. Where `offset`
  // is not the end of a chunk, and in mark_lost(), cursors do not stay good.
  void truncate(StreamOffset offset, const PositionVisitor& dropped);
  // Messages for which `there` says no were lost.
  void mark_lost(const std::function<bool(Position)>& there);
  // After either: what its chunks of which a part is gone hold is looked up, a message at a time.
  void measure(const std::function<std::uint64_t(Position)>& body_bytes_of);
  // Each that was not lost.
  void for_each(const PositionVisitor& visit) const;
  // Of a chunk's first message that was not lost; 0: there is none.
  static Position first_position(const Chunk& chunk);
  static void for_each_in(const Chunk& chunk, const PositionVisitor& visit);

  // For the storage. The first chunk says what the first offset is.
  const std::deque<Chunk>& chunks() const { return chunks_; }
  // A whole one, behind the last. False: its bytes are not what its numbers say.
  bool add_chunk(Chunk chunk);
  // Of a stream that holds nothing.
  void set_next_offset(StreamOffset offset) { next_offset_ = offset; }

 private:
  const Chunk& first() const { return chunks_.front(); }
  static std::vector<Entry> entries_of(const Chunk& chunk);
  static void encode(Chunk& chunk, const std::vector<Entry>& entries);
  static std::size_t memory_of(const Chunk& chunk) {
    return sizeof(Chunk) + chunk.bytes.capacity();
  }
  void replace(Chunk& chunk, const std::vector<Entry>& entries);
  void drop_first();
  bool segment_is_full(std::uint64_t body_bytes, std::int64_t published_ms) const;

  Limits limits_;
  std::deque<Chunk> chunks_;
  std::uint64_t dropped_ = 0;  // chunks: the number of the first one that is left
  StreamOffset next_offset_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::size_t memory_bytes_ = 0;
  std::size_t segment_count_ = 0;
  std::uint64_t segment_bytes_ = 0;    // of the last segment
  std::int64_t segment_first_ms_ = 0;  // likewise
};

}  // namespace bb::broker
