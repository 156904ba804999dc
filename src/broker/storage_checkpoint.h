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
// queue() for each, end_queues(), stream() for each, end_streams(), moved() for each.
class CheckpointWriter {
 public:
  // `position`: what the log says from there on is not in the checkpoint.
  void begin(Position position, QueueId queue_id_max);
  void definition(const DefinitionText& definition);
  void end_definitions();
  void queue(QueueId queue, const std::vector<QueuedMessage>& messages);
  void end_queues();
  void stream(QueueId stream, const StreamLog& log);
  void end_streams();
  // The message named `identity` is in the record at `at`.
  void moved(Position identity, Position at);
  Buffer take() { return std::move(out_); }

 private:
  Buffer out_;
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
