// Queues of type stream: how they are declared, and what they keep of what is published.
#include <fmt/format.h>

#include "behaviour/stream_test_case.h"

namespace bb::test {
namespace {

class Stream : public StreamTest {};
INSTANTIATE_TEST_SUITE_P(, Stream, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(Stream, IsDurableAndForAll) {
  const auto refused = [&](amqp::queue::Declare declare, std::string_view property) {
    WireChannel channel = connected_channel();
    const std::string name = unique("stream");
    declare.queue = name;
    declare.arguments = {{"x-queue-type", "stream"}};
    channel.send(declare);
    channel.expect_closed(
        406,
        fmt::format("PRECONDITION_FAILED - invalid property '{}' for {}", property, in_vhost(name)),
        amqp::queue::Declare::kId);
  };
  refused({.durable = false}, "non-durable");
  refused({.durable = true, .exclusive = true}, "exclusive-owner");
  refused({.durable = true, .auto_delete = true}, "auto-delete");
}

TEST_P(Stream, HasANameOfItsOwn) {
  WireChannel channel = connected_channel();
  channel.send(amqp::queue::Declare{.durable = true, .arguments = {{"x-queue-type", "stream"}}});
  channel.expect_closed(
      406, "PRECONDITION_FAILED - Cannot declare a server-named queue for type rabbit_stream_queue",
      amqp::queue::Declare::kId);
}

TEST_P(Stream, TakesTheArgumentsThatStreamsHave) {
  const amqp::FieldTable tables[] = {
      {{"x-max-age", "1Y"}},
      {{"x-max-length-bytes", 0}},
      {{"x-max-length-bytes", 1'000'000}, {"x-stream-max-segment-size-bytes", 100'000}},
      {{"x-stream-max-segment-size-bytes", 10}},
      {{"x-initial-cluster-size", 3}, {"x-queue-leader-locator", "client-local"}},
  };
  WireChannel channel = connected_channel();
  for (const amqp::FieldTable& arguments : tables) {
    const std::string stream = declare_stream(channel, arguments);
    amqp::FieldTable same = arguments;
    same.set("x-queue-type", "stream");
    channel.declare({.queue = stream, .durable = true, .arguments = same});
    remove(channel, stream);
  }
}

TEST_P(Stream, RefusesTheArgumentsThatStreamsDoNotHave) {
  const std::pair<const char*, amqp::FieldValue> arguments[] = {
      {"x-max-length", 5},         {"x-message-ttl", 5},
      {"x-expires", 500},          {"x-single-active-consumer", true},
      {"x-max-priority", 4},       {"x-dead-letter-exchange", "x"},
      {"x-overflow", "drop-head"}, {"x-queue-mode", "lazy"},
      {"x-delivery-limit", 3},
  };
  for (const auto& [name, value] : arguments) {
    WireChannel channel = connected_channel();
    const std::string stream = unique("stream");
    channel.send(amqp::queue::Declare{.queue = stream,
                                      .durable = true,
                                      .arguments = {{"x-queue-type", "stream"}, {name, value}}});
    channel.expect_closed(
        406,
        fmt::format(
            "PRECONDITION_FAILED - invalid arg '{}' for {} of queue type rabbit_stream_queue", name,
            in_vhost(stream)),
        amqp::queue::Declare::kId);
  }
}

TEST_P(Stream, RefusesBadLimits) {
  const auto refused = [&](const char* name, const amqp::FieldValue& value,
                           const std::string& reason) {
    WireChannel channel = connected_channel();
    const std::string stream = unique("stream");
    channel.send(amqp::queue::Declare{.queue = stream,
                                      .durable = true,
                                      .arguments = {{"x-queue-type", "stream"}, {name, value}}});
    channel.expect_closed(406,
                          fmt::format("PRECONDITION_FAILED - invalid arg '{}' for {}: {}", name,
                                      in_vhost(stream), reason),
                          amqp::queue::Declare::kId);
  };
  refused("x-max-age", "1x", "invalid_max_age");
  refused("x-max-age", "0s", "invalid_max_age");
  refused("x-max-age", 5, "{unacceptable_type,signedint}");
  refused("x-max-length-bytes", -1, "{value_negative,-1}");
  refused("x-stream-max-segment-size-bytes", -1, "{value_negative,-1}");
  refused("x-initial-cluster-size", 0, "{value_zero,0}");
}

TEST_P(Stream, IsNoOtherQueueWhenItIsDeclaredAgain) {
  const auto differs = [&](const amqp::FieldTable& first, const amqp::FieldTable& second,
                           std::string_view argument, std::string_view received,
                           std::string_view current) {
    WireChannel channel = connected_channel();
    const std::string stream = unique("stream");
    channel.declare({.queue = stream, .durable = true, .arguments = first});
    channel.send(amqp::queue::Declare{.queue = stream, .durable = true, .arguments = second});
    channel.expect_closed(406, inequivalent(argument, "queue", stream, received, current),
                          amqp::queue::Declare::kId);
  };
  const amqp::FieldTable hour{{"x-queue-type", "stream"}, {"x-max-age", "1h"}};
  differs(hour, {{"x-queue-type", "stream"}, {"x-max-age", "2h"}}, "x-max-age", "'2h'", "'1h'");
  differs(hour, {{"x-queue-type", "stream"}}, "x-max-age", "none",
          "the value '1h' of type 'longstr'");
  differs({{"x-queue-type", "stream"}}, {}, "x-queue-type", "none",
          "the value 'stream' of type 'longstr'");
}

TEST_P(Stream, CannotBeTakenFromOrPurged) {
  WireClient& getting = connect();
  WireChannel channel = open_channel(getting);
  const std::string stream = stream_of(channel, 3);
  channel.send(amqp::basic::Get{.queue = stream});
  getting.expect_connection_closed(
      540,
      fmt::format("NOT_IMPLEMENTED - basic.get not supported by stream queues {}",
                  in_vhost(stream)),
      amqp::basic::Get::kId);
  WireClient& purging = connect();
  open_channel(purging).send(amqp::queue::Purge{.queue = stream});
  purging.expect_connection_closed(
      540,
      fmt::format("NOT_IMPLEMENTED - queue.purge not supported by stream queues {}",
                  in_vhost(stream)),
      amqp::queue::Purge::kId);
  WireChannel reader = connected_channel();
  read(reader, stream, "first");
  expect_messages(reader, 0, 2);
  remove(reader, stream);
}

TEST_P(Stream, IsAQueueLikeOthersForPublishers) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(channel);
  const std::string exchange = declare_exchange(channel, "topic");
  channel.call(amqp::queue::Bind{.queue = stream, .exchange = exchange, .routing_key = "a.#"});
  channel.call(amqp::confirm::Select{});
  channel.publish(exchange, "a.b", "m0", {.delivery_mode = amqp::kPersistent}, /*mandatory=*/true);
  channel.publish(exchange, "a", "m1", {.delivery_mode = amqp::kTransient}, /*mandatory=*/true);
  EXPECT_TRUE(channel.expect_confirms(2).empty());
  read(channel, stream, "first");
  const Delivery first = channel.expect_delivery_of("m0");
  EXPECT_EQ(first.exchange, exchange);
  EXPECT_EQ(first.routing_key, "a.b");
  EXPECT_EQ(first.properties.delivery_mode, amqp::kPersistent);
  const Delivery second = channel.expect_delivery_of("m1");
  EXPECT_EQ(second.routing_key, "a");
  EXPECT_EQ(offset_of(second), 1);
  remove(channel, stream);
}

TEST_P(Stream, KeepsWhatAMessageSays) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(channel);
  const std::string headers = amqp::encode_table_content(
      {{"text", "t"}, {"number", 5}, {"truth", true}, {"x-stream-offset", 77}});
  channel.put(stream, "body",
              {.content_type = "text/plain",
               .content_encoding = "utf-8",
               .headers = as_bytes(headers),
               .delivery_mode = amqp::kPersistent,
               .priority = 4,
               .correlation_id = "cid",
               .reply_to = "rt",
               .expiration = "1",
               .message_id = "mid",
               .timestamp = 12345,
               .type = "ty",
               .user_id = "guest",
               .app_id = "app"});
  read(channel, stream, "first");
  const Delivery delivery = channel.expect_delivery_of("body");
  const amqp::BasicProperties& properties = delivery.properties;
  EXPECT_EQ(properties.content_type, "text/plain");
  EXPECT_EQ(properties.content_encoding, "utf-8");
  EXPECT_EQ(properties.delivery_mode, amqp::kPersistent);
  EXPECT_EQ(properties.priority, 4);
  EXPECT_EQ(properties.correlation_id, "cid");
  EXPECT_EQ(properties.reply_to, "rt");
  EXPECT_EQ(properties.expiration, "1");
  EXPECT_EQ(properties.message_id, "mid");
  EXPECT_EQ(properties.timestamp, 12345u);
  EXPECT_EQ(properties.type, "ty");
  EXPECT_EQ(properties.user_id, "guest");
  EXPECT_EQ(properties.app_id, "app");
  const auto received = *amqp::decode_table(*properties.headers);
  EXPECT_EQ(*received.find("text")->as_string(), "t");
  EXPECT_EQ(received.find("number")->as_integer(), 5);
  EXPECT_EQ(*received.find("truth")->as_bool(), true);
  EXPECT_EQ(offset_of(delivery), 0);
  remove(channel, stream);
}

TEST_P(Stream, GetsCopies) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(channel);
  const std::string queue = channel.declare_exclusive();
  amqp::FieldArray keys;
  keys.emplace_back(stream);
  const std::string headers = amqp::encode_table_content({{"CC", keys}});
  channel.put(queue, "m0", {.headers = as_bytes(headers)});
  read(channel, stream, "first");
  expect_messages(channel, 0, 0);
  remove(channel, stream);
}

TEST_P(Stream, IsPartOfTransactions) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(channel);
  channel.call(amqp::tx::Select{});
  channel.publish("", stream, "rolled back");
  channel.call(amqp::tx::Rollback{});
  channel.publish("", stream, "m0");
  channel.publish("", stream, "m1");
  channel.call(amqp::tx::Commit{});
  WireChannel reader = connected_channel();
  read(reader, stream, "first");
  expect_messages(reader, 0, 1);
  remove(channel, stream);
}

TEST_P(Stream, IsReadInBatches) {
  WireChannel channel = connected_channel();
  constexpr int kMessages = 2000;
  const std::string stream = stream_of(channel, kMessages);
  WireChannel reader = connected_channel();
  read(reader, stream, "first", /*prefetch=*/300);
  for (int i = 0; i < kMessages; ++i) {
    const Delivery delivery = expect_messages(reader, i, i);
    if (i % 100 == 99) reader.ack(delivery.tag, /*multiple=*/true);
  }
  remove(channel, stream);
}

TEST_P(Stream, KeepsItsSegmentsWithinItsLimit) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(
      channel, {{"x-max-length-bytes", 200'000}, {"x-stream-max-segment-size-bytes", 50'000}});
  WireChannel publisher = open_channel(channel.client(), 2);
  publisher.call(amqp::confirm::Select{});
  constexpr int kMessages = 60;
  for (int i = 0; i < kMessages; ++i) {
    publisher.publish("", stream, fmt::format("m{}{}", i, std::string(10'000, '.')));
    publisher.expect_confirms(static_cast<std::uint64_t>(i + 1));
  }
  // RabbitMQ drops beside its work: until then a reader may find what is to go.
  std::int64_t first = 0;
  do {
    const std::string tag = read(channel, stream, "first", /*prefetch=*/1);
    first = offset_of(channel.expect_delivery());
    channel.call(amqp::basic::Cancel{.consumer_tag = tag});
  } while (is_rabbitmq() && first < kMessages - 26);
  EXPECT_GE(first, kMessages - 26);
  EXPECT_LT(first, kMessages);
  remove(channel, stream);
}

}  // namespace
}  // namespace bb::test
