#include "broker/stored_records.h"

#include <utility>

#include "broker/varint.h"

namespace bb::broker {
namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kCorruptData, std::string("a record of ") + std::string(what) +
                                           " is whole, but its content is not understood");
}

}  // namespace

void encode_message_head(Buffer& out, const Message& message, std::span<const QueueId> queues,
                         Position identity) {
  append_varint(out, identity);
  append_varint(out, static_cast<std::uint64_t>(message.published_ms()));
  append_varint(out, message.exchange().size());
  append_varint(out, message.routing_key().size());
  append_varint(out, message.properties().size());
  append_varint(out, queues.size());
  for (const QueueId queue : queues) append_varint(out, queue);
}

Result<void> decode_message(ByteView payload, StoredMessage& stored) {
  ByteReader reader(payload);
  stored.identity = read_varint(reader);
  stored.published_ms = static_cast<std::int64_t>(read_varint(reader));
  const std::uint64_t exchange_size = read_varint(reader);
  const std::uint64_t routing_key_size = read_varint(reader);
  const std::uint64_t properties_size = read_varint(reader);
  const std::uint64_t queue_count = read_varint(reader);
  stored.queues.clear();
  for (std::uint64_t i = 0; i < queue_count && !reader.failed(); ++i) {
    stored.queues.push_back(read_varint(reader));
  }
  stored.exchange = as_text(reader.bytes(exchange_size));
  stored.routing_key = as_text(reader.bytes(routing_key_size));
  stored.properties = as_text(reader.bytes(properties_size));
  stored.body = as_text(reader.rest());
  if (reader.failed() || exchange_size > 255 || routing_key_size > 255) {
    return malformed("a message");
  }
  return {};
}

void PositionGroups::add(QueueId queue, Position position) {
  if (last_group_ >= groups_.size() || groups_[last_group_].queue != queue) {
    last_group_ = 0;
    while (last_group_ < groups_.size() && groups_[last_group_].queue != queue) ++last_group_;
    if (last_group_ == groups_.size()) groups_.push_back({queue, 0, 0, {}});
  }
  Group& group = groups_[last_group_];
  append_varint(group.differences, zigzag(static_cast<std::int64_t>(position - group.last)));
  group.last = position;
  ++group.count;
}

void PositionGroups::encode(Buffer& out) {
  for (const Group& group : groups_) {
    append_varint(out, group.queue);
    append_varint(out, group.count);
    out.append(group.differences.view());
  }
  groups_.clear();
}

Result<void> decode_positions(ByteView payload,
                              const std::function<void(QueueId, Position)>& visit) {
  ByteReader reader(payload);
  while (!reader.empty()) {
    const QueueId queue = read_varint(reader);
    Position position = 0;
    for (std::uint64_t left = read_varint(reader); left > 0; --left) {
      position += static_cast<Position>(unzigzag(read_varint(reader)));
      if (reader.failed()) return malformed("positions");
      visit(queue, position);
    }
    if (reader.failed()) return malformed("positions");
  }
  return {};
}

void encode_definition(Buffer& out, const DefinitionText& definition) {
  append_varint(out, static_cast<std::uint64_t>(definition.kind));
  append_varint(out, definition.key.size());
  out.append(definition.key);
  out.append(definition.value);
}

Result<DefinitionText> decode_definition(ByteView payload) {
  ByteReader reader(payload);
  const std::uint64_t kind = read_varint(reader);
  const std::uint64_t key_size = read_varint(reader);
  const std::string_view key = as_text(reader.bytes(key_size));
  if (reader.failed() || kind > 255) return malformed("a definition");
  return DefinitionText{static_cast<DefinitionKind>(kind), key, as_text(reader.rest())};
}

void encode_requeued(Buffer& out, const RequeuedText& requeued) {
  append_varint(out, requeued.queue);
  append_varint(out, requeued.position);
  append_varint(out, requeued.delivery_count);
}

Result<RequeuedText> decode_requeued(ByteView payload) {
  ByteReader reader(payload);
  RequeuedText requeued{};
  requeued.queue = read_varint(reader);
  requeued.position = read_varint(reader);
  requeued.delivery_count = static_cast<std::uint32_t>(read_varint(reader));
  if (reader.failed()) return malformed("a message that came back");
  return requeued;
}

void encode_truncated(Buffer& out, const TruncatedText& truncated) {
  append_varint(out, truncated.stream);
  append_varint(out, truncated.first_offset);
}

Result<TruncatedText> decode_truncated(ByteView payload) {
  ByteReader reader(payload);
  TruncatedText truncated{};
  truncated.stream = read_varint(reader);
  truncated.first_offset = read_varint(reader);
  if (reader.failed()) return malformed("what a stream has dropped");
  return truncated;
}

void encode_queue_id(Buffer& out, QueueId queue) {
  append_varint(out, queue);
}

Result<QueueId> decode_queue_id(ByteView payload) {
  ByteReader reader(payload);
  const QueueId queue = read_varint(reader);
  if (reader.failed()) return malformed("a queue");
  return queue;
}

}  // namespace bb::broker
