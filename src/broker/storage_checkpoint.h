// What a checkpoint of LogStorage says, in bytes; docs/formats/storage.md is its description.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "bloodbank/result.h"
#include "broker/queued_message.h"
#include "broker/stored_records.h"
#include "broker/stream_log.h"

namespace bb::broker {

// Writes one, part by part, in this order: begin(), definition() for each, end_definitions(),
// message() for each of one queue after the other, end_queues(), stream() for each, end_streams(),
// moved() for each.
class CheckpointWriter {
 public:
  // `position`: what the log says from there on is not in the checkpoint.
  void begin(Position position, QueueId queue_id_max);
  void definition(const DefinitionText& definition);
  void end_definitions();
  void message(QueueId queue, const QueuedMessage& message);
  void end_queues();
  void stream(QueueId stream, const StreamLog& log);
  void end_streams();
  // The message named `identity` is in the record at `at`.
  void moved(Position identity, Position at);
  Buffer take() { return std::move(out_); }

  // How many calls of message() there were.
  std::uint64_t message_count() const { return message_count_; }

 private:
  void end_queue();

  Buffer out_;
  std::uint64_t message_count_ = 0;
  // Of the queue that is being written.
  QueueId queue_ = 0;
  std::uint64_t queue_count_ = 0;
  std::size_t queue_count_at_ = 0;
  Position last_ = 0;
};

struct CheckpointContent {
  Position position = 0;
  QueueId queue_id_max = 0;
  std::function<void(const DefinitionText&)> on_definition;
  std::function<void(QueueId, const QueuedMessage&)> on_message;
  // First without a chunk, but for its `first_offset`: the stream's; then for each of its chunks.
  std::function<void(QueueId, StreamLog::Chunk)> on_chunk;
  std::function<void(Position identity, Position at)> on_moved;
};

// Calls the functions of `content` and sets its numbers. kCorruptData.
Result<void> read_checkpoint_content(ByteView bytes, CheckpointContent& content);

}  // namespace bb::broker
