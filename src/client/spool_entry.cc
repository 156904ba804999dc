#include "client/spool_entry.h"

#include <chrono>

#include "amqp/properties.h"
#include "base/assert.h"

namespace bb::client {
namespace {

std::int64_t unix_ms(Timestamp time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

OutgoingMessage SpoolEntry::message() const {
  const auto properties = amqp::decode_properties(as_bytes(encoded_properties));
  BB_ASSERT(properties.has_value());
  return {.exchange = exchange,
          .routing_key = routing_key,
          .properties = *properties,
          .body = body,
          .mandatory = mandatory};
}

std::optional<SpoolEntry> spool_entry_of(const spool::Record& record) {
  const auto view = spool::decode_entry(record.payload);
  if (record.type != spool::RecordType::kEntry || !view) return std::nullopt;
  return SpoolEntry{.number = view->number == 0 ? record.sequence : view->number,
                    .spooled_at = Timestamp(std::chrono::milliseconds(view->spooled_ms)),
                    .exchange = std::string(view->exchange),
                    .routing_key = std::string(view->routing_key),
                    .encoded_properties = std::string(view->properties),
                    .body = std::string(view->body),
                    .mandatory = view->mandatory,
                    .refusal = std::string(view->refusal)};
}

Buffer encode_spool_entry(const OutgoingMessage& message, Timestamp spooled_at) {
  Buffer properties;
  amqp::encode_properties(properties, message.properties);
  Buffer out;
  spool::encode_entry(out, {.spooled_ms = unix_ms(spooled_at),
                            .mandatory = message.mandatory,
                            .exchange = message.exchange,
                            .routing_key = message.routing_key,
                            .properties = as_text(properties.view()),
                            .body = message.body});
  return out;
}

Buffer encode_refused_entry(const SpoolEntry& entry, std::string_view reason) {
  Buffer out;
  spool::encode_entry(out, {.number = entry.number,
                            .spooled_ms = unix_ms(entry.spooled_at),
                            .mandatory = entry.mandatory,
                            .exchange = entry.exchange,
                            .routing_key = entry.routing_key,
                            .properties = entry.encoded_properties,
                            .refusal = reason,
                            .body = entry.body});
  return out;
}

}  // namespace bb::client
