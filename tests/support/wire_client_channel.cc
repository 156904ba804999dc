#include "support/wire_client_channel.h"

#include <gtest/gtest.h>

#include <variant>

namespace bb::test {
namespace {

constexpr std::uint16_t kPublisherChannel = 2000;  // none of a test's own

}  // namespace

std::string WireChannel::declare(const amqp::queue::Declare& queue, Where where) {
  return std::string(call(queue, where).queue);
}

std::string WireChannel::declare_exclusive(Where where) {
  return declare({.exclusive = true}, where);
}

void WireChannel::publish(std::string_view exchange, std::string_view routing_key,
                          std::string_view body, const amqp::BasicProperties& properties,
                          bool mandatory) {
  send(amqp::basic::Publish{
      .exchange = exchange, .routing_key = routing_key, .mandatory = mandatory});
  client_->send_content(number_, body, properties);
}

void WireChannel::route(std::string_view exchange, std::string_view routing_key,
                        std::string_view body, const amqp::BasicProperties& properties,
                        Where where) {
  WireChannel publisher(*client_, kPublisherChannel);
  publisher.call(amqp::channel::Open{}, where);
  publisher.call(amqp::confirm::Select{}, where);
  publisher.publish(exchange, routing_key, body, properties);
  publisher.expect_confirms(1, where);
  publisher.call(amqp::channel::Close{.reply_code = 200}, where);
}

void WireChannel::put(std::string_view queue, std::string_view body,
                      const amqp::BasicProperties& properties, Where where) {
  route("", queue, body, properties, where);
}

std::uint32_t WireChannel::message_count(std::string_view queue, Where where) {
  return call(amqp::queue::Declare{.queue = queue, .passive = true}, where).message_count;
}

std::uint32_t WireChannel::consumer_count(std::string_view queue, Where where) {
  return call(amqp::queue::Declare{.queue = queue, .passive = true}, where).consumer_count;
}

Delivery WireChannel::with_content(Delivery delivery, Where where) {
  const Content content = client_->expect_content(number_, where);
  delivery.properties = content.properties;
  delivery.body = content.body;
  delivery.body_frames = content.body_frames;
  return delivery;
}

std::optional<Delivery> WireChannel::get(std::string_view queue, bool no_ack, Where where) {
  send(amqp::basic::Get{.queue = queue, .no_ack = no_ack});
  const amqp::Method method = client_->next_method(number_, "basic.get-ok or get-empty", where);
  if (std::holds_alternative<amqp::basic::GetEmpty>(method)) return std::nullopt;
  const auto* got = std::get_if<amqp::basic::GetOk>(&method);
  if (got == nullptr) {
    throw WireError(WireClient::complaint(where, "basic.get-ok", WireClient::describe(method)));
  }
  Delivery delivery;
  delivery.tag = got->delivery_tag;
  delivery.redelivered = got->redelivered;
  delivery.exchange = got->exchange;
  delivery.routing_key = got->routing_key;
  delivery.message_count = got->message_count;
  return with_content(delivery, where);
}

Delivery WireChannel::get_message(std::string_view queue, bool no_ack, Where where) {
  if (const auto message = get(queue, no_ack, where)) return *message;
  throw WireError(WireClient::complaint(where, "basic.get-ok", "basic.get-empty"));
}

std::string WireChannel::drain(std::string_view queue, Where where) {
  std::string bodies;
  while (const auto message = get(queue, /*no_ack=*/true, where)) {
    bodies.append(message->body).push_back(' ');
  }
  return bodies;
}

std::string WireChannel::consume(std::string_view queue, bool no_ack, Where where) {
  return std::string(
      call(amqp::basic::Consume{.queue = queue, .no_ack = no_ack}, where).consumer_tag);
}

Delivery WireChannel::expect_delivery(Where where) {
  const auto deliver = expect<amqp::basic::Deliver>(where);
  Delivery delivery;
  delivery.consumer_tag = deliver.consumer_tag;
  delivery.tag = deliver.delivery_tag;
  delivery.redelivered = deliver.redelivered;
  delivery.exchange = deliver.exchange;
  delivery.routing_key = deliver.routing_key;
  return with_content(delivery, where);
}

Delivery WireChannel::expect_delivery_of(std::string_view body, Where where) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "from here");
  const Delivery delivery = expect_delivery(where);
  EXPECT_EQ(delivery.body, body);
  return delivery;
}

Delivery WireChannel::expect_return(Where where) {
  const auto returned = expect<amqp::basic::Return>(where);
  Delivery delivery;
  delivery.exchange = returned.exchange;
  delivery.routing_key = returned.routing_key;
  delivery.reply_code = returned.reply_code;
  delivery.reply_text = returned.reply_text;
  return with_content(delivery, where);
}

void WireChannel::ack(std::uint64_t delivery_tag, bool multiple) {
  send(amqp::basic::Ack{delivery_tag, multiple});
}

std::set<std::uint64_t> WireChannel::expect_confirms(std::uint64_t count, Where where) {
  std::set<std::uint64_t> waiting;
  std::set<std::uint64_t> refused;
  for (std::uint64_t sequence = confirmed_ + 1; sequence <= count; ++sequence) {
    waiting.insert(sequence);
  }
  confirmed_ = count;
  while (!waiting.empty()) {
    const amqp::Method method = client_->next_method(number_, "a confirm", where);
    const auto* ack = std::get_if<amqp::basic::Ack>(&method);
    const auto* nack = std::get_if<amqp::basic::Nack>(&method);
    if (ack == nullptr && nack == nullptr) {
      throw WireError(WireClient::complaint(where, "a confirm", WireClient::describe(method)));
    }
    const std::uint64_t last = ack != nullptr ? ack->delivery_tag : nack->delivery_tag;
    const bool multiple = ack != nullptr ? ack->multiple : nack->multiple;
    const auto first = multiple ? waiting.begin() : waiting.find(last);
    const auto end = waiting.upper_bound(last);
    if (waiting.empty() || first == waiting.end() || first == end) {
      throw WireError(WireClient::complaint(where, "a confirm", "one for another publish"));
    }
    if (nack != nullptr) refused.insert(first, end);
    waiting.erase(first, end);
  }
  return refused;
}

void WireChannel::expect_nothing(std::string_view queue, Where where) {
  // What the queue had sent before it gave the first answer has reached the broker's end of the
  // channel, and comes before the second.
  message_count(queue, where);
  message_count(queue, where);
}

void WireChannel::expect_closed(std::uint16_t code, std::optional<std::string_view> text,
                                amqp::MethodId method, Where where) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "from here");
  const auto close = expect<amqp::channel::Close>(where);
  EXPECT_EQ(close.reply_code, code);
  if (text) {
    EXPECT_EQ(close.reply_text, *text);
  }
  EXPECT_EQ(close.failing_class_id, method.class_id);
  EXPECT_EQ(close.failing_method_id, method.method_id);
  send(amqp::channel::CloseOk{});
}

}  // namespace bb::test
