// The records that LogStorage writes, in bytes; docs/formats/storage.md is their description.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "bloodbank/result.h"
#include "broker/message.h"
#include "broker/storage.h"

namespace bb::broker {

// Numbers are on disk.
enum class RecordType : std::uint8_t {
  kMessage = 1,    // a message, and the queues that received it
  kSettled = 2,    // messages that queues are done with
  kDefine = 3,     // a definition has a value
  kUndefine = 4,   // a definition is gone
  kForget = 5,     // a queue is gone
  kRequeued = 6,   // a message came back to its queue
  kDelivered = 7,  // how far queues have delivered
  kMoved = 8,      // a message copied out of a segment that is to go
  kTruncated = 9,  // a stream holds nothing before an offset
};

// Of a message: `out` gets what goes in front of Message::block(). `identity` is the position
// that names the message, where that is not the record's own: 0 in kMessage.
void encode_message_head(Buffer& out, const Message& message, std::span<const QueueId> queues,
                         Position identity);

struct StoredMessage {
  Position identity = 0;
  std::vector<QueueId> queues;
  std::int64_t published_ms = 0;
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view properties;
  std::string_view body;
};
// Borrows from `payload`. `stored` is given to use its memory again. kCorruptData.
Result<void> decode_message(ByteView payload, StoredMessage& stored);

// Collects what queues are done with, or how far they came, queue by queue.
class PositionGroups {
 public:
  void add(QueueId queue, Position position);
  bool empty() const { return groups_.empty(); }
  // Appends the payload to `out`, and is empty again.
  void encode(Buffer& out);

 private:
  struct Group {
    QueueId queue;
    std::uint64_t count;
    Position last;
    Buffer differences;
  };
  std::vector<Group> groups_;
  std::size_t last_group_ = 0;  // that add() used
};
Result<void> decode_positions(ByteView payload,
                              const std::function<void(QueueId, Position)>& visit);

struct DefinitionText {
  DefinitionKind kind;
  std::string_view key;
  std::string_view value;  // empty in kUndefine
};
void encode_definition(Buffer& out, const DefinitionText& definition);
Result<DefinitionText> decode_definition(ByteView payload);

struct RequeuedText {
  QueueId queue;
  Position position;
  std::uint32_t delivery_count;
};
void encode_requeued(Buffer& out, const RequeuedText& requeued);
Result<RequeuedText> decode_requeued(ByteView payload);

struct TruncatedText {
  QueueId stream;
  std::uint64_t first_offset;
};
void encode_truncated(Buffer& out, const TruncatedText& truncated);
Result<TruncatedText> decode_truncated(ByteView payload);

void encode_queue_id(Buffer& out, QueueId queue);
Result<QueueId> decode_queue_id(ByteView payload);

}  // namespace bb::broker
