// basic.publish: what is refused, what is returned, and that content arrives as it was sent.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::basic::Publish;

BB_BEHAVIOUR_SUITE(PublishBehaviour);

TEST_P(PublishBehaviour, PropertiesAndBodyArriveUnchanged) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  const std::string headers =
      amqp::encode_table_content({{"text", "\xC3\xA9"},
                                  {"number", std::int64_t{-5'000'000'000}},
                                  {"flag", true},
                                  {"list", amqp::FieldArray{"a", std::int32_t{1}}},
                                  {"table", amqp::FieldTable{{"inner", amqp::FieldValue{}}}}});
  const std::string body("\x00\xFF binary \xCE", 11);
  channel.put(queue, body,
              {.content_type = "application/json",
               .content_encoding = "identity",
               .headers = as_bytes(headers),
               .delivery_mode = amqp::kTransient,
               .priority = std::uint8_t{7},
               .correlation_id = "correlation",
               .reply_to = "reply",
               .message_id = "id",
               .timestamp = 1'700'000'000u,
               .type = "type",
               .user_id = "guest",
               .app_id = "app"});
  const Delivery message = channel.get_message(queue);
  EXPECT_EQ(message.body, body);
  EXPECT_EQ(message.exchange, "");
  EXPECT_EQ(message.routing_key, queue);
  EXPECT_FALSE(message.redelivered);
  const amqp::BasicProperties& got = message.properties;
  EXPECT_EQ(got.content_type, "application/json");
  EXPECT_EQ(got.content_encoding, "identity");
  EXPECT_EQ(as_text(got.headers.value_or(ByteView{})), headers);
  EXPECT_EQ(got.delivery_mode, amqp::kTransient);
  EXPECT_EQ(got.priority, 7);
  EXPECT_EQ(got.correlation_id, "correlation");
  EXPECT_EQ(got.reply_to, "reply");
  EXPECT_EQ(got.expiration, std::nullopt);
  EXPECT_EQ(got.message_id, "id");
  EXPECT_EQ(got.timestamp, 1'700'000'000u);
  EXPECT_EQ(got.type, "type");
  EXPECT_EQ(got.user_id, "guest");
  EXPECT_EQ(got.app_id, "app");
}

TEST_P(PublishBehaviour, AnEmptyBodyHasNoBodyFrame) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "");
  const Delivery message = channel.get_message(queue);
  EXPECT_EQ(message.body, "");
  EXPECT_EQ(message.body_frames, 0u);
}

TEST_P(PublishBehaviour, ABigBodyIsSplitForItsReader) {
  WireChannel sender = connected_channel();
  const std::string queue = unique("queue");
  sender.declare({.queue = queue, .auto_delete = true});
  std::string body(1'000'003, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 256);
  sender.put(queue, body);
  WireChannel reader = open_channel(connect({.frame_max = 8192}));
  reader.consume(queue);
  const Delivery message = reader.expect_delivery();
  EXPECT_EQ(message.body_frames, 123u);  // of 8184 bytes
  EXPECT_TRUE(message.body == body);
}

TEST_P(PublishBehaviour, BodyFramesMayBeOfAnySize) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.send(Publish{.routing_key = queue});
  channel.client().send_header(1, 6);
  for (const std::string_view piece : {"ab", "", "c", "def"}) {
    channel.client().send_frame(amqp::FrameType::kBody, 1, piece);
  }
  EXPECT_EQ(channel.drain(queue), "abcdef ");
}

TEST_P(PublishBehaviour, ChannelsMayInterleaveTheirContent) {
  WireClient& client = connect();
  WireChannel first = open_channel(client, 1);
  WireChannel second = open_channel(client, 2);
  const std::string queue = first.declare_exclusive();
  first.send(Publish{.routing_key = queue});
  second.send(Publish{.routing_key = queue});
  client.send_header(1, 2);
  client.send_header(2, 2);
  client.send_frame(amqp::FrameType::kBody, 2, "22");
  EXPECT_EQ(second.drain(queue), "22 ");
  client.send_frame(amqp::FrameType::kBody, 1, "11");
  EXPECT_EQ(first.drain(queue), "11 ");
}

TEST_P(PublishBehaviour, AMissingExchangeIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.publish(name, "key", "body");
  channel.expect_closed(404, no_exchange(name), Publish::kId);
}

TEST_P(PublishBehaviour, AnInternalExchangeIsRefused) {
  WireChannel channel = connected_channel();
  const std::string name = unique("internal");
  channel.call(amqp::exchange::Declare{.exchange = name, .auto_delete = true, .internal = true});
  channel.publish(name, "key", "body");
  channel.expect_closed(
      403,
      fmt::format("ACCESS_REFUSED - cannot publish to internal exchange '{}' in vhost '/'", name),
      Publish::kId);
  open_channel(channel.client()).call(amqp::exchange::Delete{.exchange = name});
}

TEST_P(PublishBehaviour, ImmediateIsNotImplemented) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(Publish{.exchange = "amq.direct", .immediate = true});
  client.send_content(1, "body");
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - immediate=true", Publish::kId);
}

TEST_P(PublishBehaviour, TheUserIdHasToBeWhoLoggedIn) {
  WireChannel channel = connected_channel();
  channel.publish("amq.direct", "key", "body", {.user_id = "somebody"});
  channel.expect_closed(406,
                        "PRECONDITION_FAILED - user_id property set to 'somebody' but "
                        "authenticated user was 'guest'",
                        Publish::kId);
}

TEST_P(PublishBehaviour, ABadExpirationIsRefused) {
  struct Case {
    std::string_view expiration;
    std::string_view reason;
  };
  for (const auto& [expiration, reason] : {Case{"soon", "no_integer"},
                                           {"", "no_integer"},
                                           {" 5", "no_integer"},
                                           {"-1", "{value_negative,-1}"},
                                           {"1.5", "{leftover_string,\".5\"}"},
                                           {"10 ", "{leftover_string,\" \"}"}}) {
    WireChannel channel = connected_channel();
    channel.publish("amq.direct", "key", "body", {.expiration = expiration});
    channel.expect_closed(
        406, fmt::format("PRECONDITION_FAILED - invalid expiration '{}': {}", expiration, reason),
        Publish::kId);
  }
}

TEST_P(PublishBehaviour, AGoodExpirationIsTaken) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  for (const std::string_view expiration : {"60000", "+60000", "060000"}) {
    channel.put(queue, "body", {.expiration = expiration});
  }
  EXPECT_EQ(channel.get_message(queue).properties.expiration, "60000");
  EXPECT_EQ(channel.drain(queue), "body body ");
}

TEST_P(PublishBehaviour, WhatIsMandatoryAndUnroutableComesBack) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  channel.publish(exchange, "no.one", "body", {.message_id = "id"}, /*mandatory=*/true);
  const Delivery returned = channel.expect_return();
  EXPECT_EQ(returned.reply_code, 312);
  EXPECT_EQ(returned.reply_text, "NO_ROUTE");
  EXPECT_EQ(returned.exchange, exchange);
  EXPECT_EQ(returned.routing_key, "no.one");
  EXPECT_EQ(returned.properties.message_id, "id");
  EXPECT_EQ(returned.body, "body");
  channel.call(amqp::exchange::Delete{.exchange = exchange});
}

TEST_P(PublishBehaviour, WhatIsMandatoryAndRoutedDoesNotComeBack) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.publish("", queue, "body", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(PublishBehaviour, WhatIsUnroutableAndNotMandatoryIsDropped) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.publish("", unique("missing"), "body");
  channel.expect_nothing(queue);
}

// RabbitMQ has the same limit, and finds out once the whole message has come.
BB_OWN_SUITE(PublishOfOurs);

TEST_P(PublishOfOurs, AMessageAboveTheLimitIsRefusedBeforeItIsSent) {
  WireChannel channel = connected_channel();
  channel.send(Publish{.exchange = "amq.direct"});
  channel.client().send_header(1, (128u << 20) + 1);
  const auto close = channel.expect<amqp::channel::Close>();
  EXPECT_EQ(close.reply_code, 406);
  EXPECT_EQ(close.reply_text,
            "PRECONDITION_FAILED - message size 134217729 is larger than configured max size "
            "134217728");
  // The client may think of closing it before it has heard.
  channel.client().send_frame(amqp::FrameType::kBody, 1, "the beginning");
  channel.call(amqp::channel::Close{.reply_code = 200});
  channel.send(amqp::channel::CloseOk{});
  open_channel(channel.client());
}

}  // namespace
}  // namespace bb::test
