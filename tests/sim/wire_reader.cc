#include "wire_reader.h"

#include <utility>
#include <variant>

#include "amqp/field_table.h"
#include "amqp/properties.h"

namespace bb::sim {

using Kind = WireEvent::Kind;

WireReader::WireReader()
    : frames_(amqp::kDefaultFrameMaxBytes + amqp::kFrameOverheadBytes), content_(1 << 20) {}

std::optional<std::vector<WireEvent>> WireReader::feed(std::string_view bytes) {
  std::vector<WireEvent> events;
  frames_.feed(as_bytes(bytes));
  for (;;) {
    const auto frame = frames_.next();
    if (!frame) return std::nullopt;
    if (!*frame) return events;
    if ((*frame)->type == amqp::FrameType::kHeartbeat) continue;
    if ((*frame)->type == amqp::FrameType::kMethod) {
      const auto method = amqp::decode_method((*frame)->payload);
      if (!method) return std::nullopt;
      WireEvent event = event_of(*method);
      if (event.kind == Kind::kDeliver || event.kind == Kind::kGetOk) {
        awaits_content_ = std::move(event);
        content_.start();
      } else {
        events.push_back(std::move(event));
      }
      continue;
    }
    const auto complete = content_.add(**frame);
    if (!complete || !awaits_content_) return std::nullopt;
    if (!*complete) continue;
    const auto properties = amqp::decode_properties(as_bytes(content_.properties()));
    if (!properties) return std::nullopt;
    awaits_content_->persistent = properties->delivery_mode == amqp::kPersistent;
    if (properties->headers) {
      const auto headers = amqp::decode_table(*properties->headers);
      const auto* const offset = headers ? headers->find("x-stream-offset") : nullptr;
      if (offset != nullptr) awaits_content_->offset = offset->as_integer();
    }
    awaits_content_->body = content_.take_body();
    events.push_back(*std::exchange(awaits_content_, std::nullopt));
  }
}

WireEvent WireReader::event_of(const amqp::Method& method) {
  WireEvent event;
  if (const auto* deliver = std::get_if<amqp::basic::Deliver>(&method)) {
    event = {.kind = Kind::kDeliver,
             .tag = deliver->delivery_tag,
             .redelivered = deliver->redelivered,
             .consumer = std::string(deliver->consumer_tag),
             .exchange = std::string(deliver->exchange),
             .key = std::string(deliver->routing_key)};
  } else if (const auto* got = std::get_if<amqp::basic::GetOk>(&method)) {
    event = {.kind = Kind::kGetOk,
             .tag = got->delivery_tag,
             .redelivered = got->redelivered,
             .count = got->message_count,
             .exchange = std::string(got->exchange),
             .key = std::string(got->routing_key)};
  } else if (std::holds_alternative<amqp::basic::GetEmpty>(method)) {
    event.kind = Kind::kGetEmpty;
  } else if (const auto* ack = std::get_if<amqp::basic::Ack>(&method)) {
    event = {.kind = Kind::kConfirm, .tag = ack->delivery_tag, .multiple = ack->multiple};
  } else if (const auto* nack = std::get_if<amqp::basic::Nack>(&method)) {
    event = {.kind = Kind::kRefusal, .tag = nack->delivery_tag, .multiple = nack->multiple};
  } else if (const auto* declared = std::get_if<amqp::queue::DeclareOk>(&method)) {
    event = {.kind = Kind::kDeclared, .count = declared->message_count};
  } else if (const auto* purged = std::get_if<amqp::queue::PurgeOk>(&method)) {
    event = {.kind = Kind::kPurged, .count = purged->message_count};
  } else if (const auto* deleted = std::get_if<amqp::queue::DeleteOk>(&method)) {
    event = {.kind = Kind::kDeleted, .count = deleted->message_count};
  } else if (const auto* cancel = std::get_if<amqp::basic::Cancel>(&method)) {
    event = {.kind = Kind::kCancelled, .consumer = std::string(cancel->consumer_tag)};
  } else if (const auto* close = std::get_if<amqp::channel::Close>(&method)) {
    event = {.kind = Kind::kChannelClosed,
             .count = close->reply_code,
             .text = std::string(close->reply_text)};
  } else if (const auto* left = std::get_if<amqp::connection::Close>(&method)) {
    event = {.kind = Kind::kConnectionClosed,
             .count = left->reply_code,
             .text = std::string(left->reply_text)};
  } else {
    event.text = std::string(amqp::method_name(amqp::method_id(method)));
  }
  return event;
}

}  // namespace bb::sim
