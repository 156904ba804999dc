#include "broker/storage_checkpoint.h"

#include "base/try.h"
#include "broker/varint.h"

namespace bb::broker {
namespace {

constexpr std::uint64_t kVersion = 2;
constexpr std::uint64_t kVersionWithoutStreams = 1;

constexpr std::uint64_t kBeginsSegment = 1;  // of a stream's chunk

// The low bits of a message's first integer.
constexpr std::uint64_t kRedelivered = 1;
constexpr std::uint64_t kCameBack = 2;
constexpr int kFlagBits = 2;

std::unexpected<Error> malformed() {
  return fail(ErrorCode::kCorruptData,
              "a checkpoint is whole, but its content is not understood: it was written by another "
              "version");
}

}  // namespace

void CheckpointWriter::begin(Position position, QueueId queue_id_max) {
  append_varint(out_, kVersion);
  append_varint(out_, position);
  append_varint(out_, queue_id_max);
}

void CheckpointWriter::definition(const DefinitionText& definition) {
  Buffer text;
  encode_definition(text, definition);
  append_varint(out_, text.size());
  out_.append(text.view());
}

void CheckpointWriter::end_definitions() {
  append_varint(out_, 0);
}

void CheckpointWriter::message(QueueId queue, const QueuedMessage& message) {
  if (queue == 0) return;
  if (queue != queue_) {
    end_queue();
    queue_ = queue;
    append_varint(out_, queue);
    queue_count_at_ = out_.size();
    out_.extend(kLongVarintBytes);  // known at its end
  }
  ++queue_count_;
  append_varint(out_, (message.position - std::exchange(last_, message.position)) << kFlagBits |
                          (message.redelivered ? kRedelivered : 0) |
                          (message.delivery_count > 0 ? kCameBack : 0));
  append_varint(out_, message.body_bytes);
  if (message.delivery_count > 0) append_varint(out_, message.delivery_count);
}

void CheckpointWriter::end_queue() {
  if (queue_ == 0) return;
  write_long_varint(out_.at(queue_count_at_), queue_count_);
  message_count_ += queue_count_;
  queue_ = 0;
  queue_count_ = 0;
  last_ = 0;
}

void CheckpointWriter::end_queues() {
  end_queue();
  append_varint(out_, 0);
}

void CheckpointWriter::stream(QueueId stream, const StreamLog& log) {
  append_varint(out_, stream);
  append_varint(out_, log.first_offset());
  append_varint(out_, log.chunks().size());
  for (const StreamLog::Chunk& chunk : log.chunks()) {
    append_varint(out_, chunk.count);
    append_varint(out_, chunk.begins_segment ? kBeginsSegment : 0);
    append_varint(out_, chunk.before);
    append_varint(out_, static_cast<std::uint64_t>(chunk.first_ms));
    append_varint(out_, static_cast<std::uint64_t>(chunk.last_ms - chunk.first_ms));
    append_varint(out_, chunk.body_bytes);
    append_varint(out_, chunk.bytes.size());
    out_.append(std::as_bytes(std::span(chunk.bytes)));
  }
}

void CheckpointWriter::end_streams() {
  append_varint(out_, 0);
}

void CheckpointWriter::moved(Position identity, Position at) {
  append_varint(out_, identity);
  append_varint(out_, at);
}

static void read_streams(ByteReader& reader, const CheckpointContent& content) {
  while (const QueueId stream = read_varint(reader)) {
    StreamOffset offset = read_varint(reader);
    std::uint64_t left = read_varint(reader);
    if (!reader.failed()) content.on_chunk(stream, {.first_offset = offset});
    for (; left > 0 && !reader.failed(); --left) {
      StreamLog::Chunk chunk;
      chunk.first_offset = offset;
      chunk.count = static_cast<std::uint32_t>(read_varint(reader));
      chunk.begins_segment = (read_varint(reader) & kBeginsSegment) != 0;
      chunk.before = read_varint(reader);
      chunk.first_ms = static_cast<std::int64_t>(read_varint(reader));
      chunk.last_ms = chunk.first_ms + static_cast<std::int64_t>(read_varint(reader));
      chunk.body_bytes = read_varint(reader);
      const ByteView differences = reader.bytes(read_varint(reader));
      const auto* const first = reinterpret_cast<const std::uint8_t*>(differences.data());
      chunk.bytes.assign(first, first + differences.size());
      offset = chunk.end_offset();
      if (!reader.failed()) content.on_chunk(stream, std::move(chunk));
    }
  }
}

Result<void> read_checkpoint_content(ByteView bytes, CheckpointContent& content) {
  ByteReader reader(bytes);
  const std::uint64_t version = read_varint(reader);
  if (version != kVersion && version != kVersionWithoutStreams) return malformed();
  content.position = read_varint(reader);
  content.queue_id_max = read_varint(reader);
  while (const std::uint64_t size = read_varint(reader)) {
    BB_TRY_ASSIGN(const DefinitionText definition, decode_definition(reader.bytes(size)));
    content.on_definition(definition);
  }
  while (const QueueId queue = read_varint(reader)) {
    Position position = 0;
    for (std::uint64_t left = read_varint(reader); left > 0 && !reader.failed(); --left) {
      const std::uint64_t first = read_varint(reader);
      QueuedMessage message;
      message.position = position += first >> kFlagBits;
      message.redelivered = (first & kRedelivered) != 0;
      message.body_bytes = read_varint(reader);
      if ((first & kCameBack) != 0) {
        message.delivery_count = static_cast<std::uint32_t>(read_varint(reader));
      }
      if (!reader.failed()) content.on_message(queue, message);
    }
  }
  if (version != kVersionWithoutStreams) read_streams(reader, content);
  while (!reader.empty()) {
    const Position identity = read_varint(reader);
    const Position at = read_varint(reader);
    if (!reader.failed()) content.on_moved(identity, at);
  }
  if (reader.failed()) return malformed();
  return {};
}

}  // namespace bb::broker
