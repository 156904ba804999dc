#include "broker/message.h"

#include <cstring>
#include <new>

#include "amqp/constants.h"
#include "broker/sender_copies.h"

namespace bb::broker {

Message::Ptr Message::make(MemoryGauge& gauge, std::string_view exchange,
                           std::string_view routing_key, std::string_view properties,
                           std::string_view body, bool persistent, std::int64_t published_ms) {
  BB_ASSERT(exchange.size() <= amqp::kShortStringMaxBytes);
  BB_ASSERT(routing_key.size() <= amqp::kShortStringMaxBytes);
  BB_ASSERT(properties.size() <= UINT32_MAX);
  void* block = ::operator new(sizeof(Message) + exchange.size() + routing_key.size() +
                               properties.size() + body.size());
  auto* message = new (block) Message();
  message->gauge_ = &gauge;
  message->body_size_ = body.size();
  message->published_ms_ = published_ms;
  message->properties_size_ = static_cast<std::uint32_t>(properties.size());
  message->exchange_size_ = static_cast<std::uint8_t>(exchange.size());
  message->routing_key_size_ = static_cast<std::uint8_t>(routing_key.size());
  message->persistent_ = persistent;
  message->may_have_blind_copies_ = broker::may_have_blind_copies(properties);
  auto* at = reinterpret_cast<char*>(message + 1);
  for (const std::string_view part : {exchange, routing_key, properties, body}) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  gauge.add(message->block_bytes());
  return Ptr(message);
}

void Message::destroy(const Message* message) {
  message->gauge_->remove(message->block_bytes());
  message->~Message();
  ::operator delete(const_cast<Message*>(message));
}

}  // namespace bb::broker
