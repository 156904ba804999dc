// Dead letters: who becomes one, where it goes, and what its headers say.
#include <fmt/format.h>

#include "base/bytes.h"
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldTimestamp;

class DeadLetterBehaviour : public BehaviourTest {
 public:
  // A queue of the channel's connection whose dead go to `dead_queue`.
  std::string declare_mortal(WireChannel& channel, std::string_view dead_queue,
                             const FieldTable& more = {}) {
    FieldTable arguments = more;
    arguments.set("x-dead-letter-exchange", "");
    arguments.set("x-dead-letter-routing-key", dead_queue);
    return channel.declare({.queue = unique("mortal"), .exclusive = true, .arguments = arguments});
  }
  // Headers with the times set to 0.
  static FieldTable timeless(const Delivery& delivery) {
    FieldTable headers = *amqp::decode_table(*delivery.properties.headers);
    const auto* deaths = headers.find("x-death");
    if (deaths == nullptr) return headers;
    FieldArray without;
    for (const auto& death : *deaths->as_array()) {
      FieldTable entry = *death.as_table();
      entry.set("time", FieldTimestamp{0});
      without.emplace_back(entry);
    }
    headers.set("x-death", without);
    return headers;
  }
  static amqp::BasicProperties with_headers(const std::string& content) {
    amqp::BasicProperties properties;
    properties.headers = as_bytes(content);
    return properties;
  }
};
INSTANTIATE_TEST_SUITE_P(, DeadLetterBehaviour, testing::Values("core", "bb", "rabbitmq"),
                         broker_of);

TEST_P(DeadLetterBehaviour, AnExpiredMessageTellsHowItDied) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead);
  channel.consume(dead);
  const std::string mine = amqp::encode_table_content({{"z", 1}, {"a", "b"}});
  auto properties = with_headers(mine);
  properties.expiration = "20";
  properties.delivery_mode = amqp::kPersistent;
  properties.message_id = "id";
  channel.publish("", queue, "body", properties);
  const Delivery delivery = channel.expect_delivery_of("body");
  EXPECT_EQ(delivery.exchange, "");
  EXPECT_EQ(delivery.routing_key, dead);
  EXPECT_FALSE(delivery.redelivered);
  EXPECT_FALSE(delivery.properties.expiration);
  EXPECT_EQ(delivery.properties.delivery_mode, amqp::kPersistent);
  EXPECT_EQ(delivery.properties.message_id, "id");
  EXPECT_EQ(timeless(delivery), (FieldTable{
                                    {"a", "b"},
                                    {"x-death", FieldArray{FieldTable{
                                                    {"count", std::int64_t{1}},
                                                    {"reason", "expired"},
                                                    {"queue", queue},
                                                    {"time", FieldTimestamp{0}},
                                                    {"exchange", ""},
                                                    {"routing-keys", FieldArray{queue}},
                                                    {"original-expiration", "20"},
                                                }}},
                                    {"x-first-death-exchange", ""},
                                    {"x-first-death-queue", queue},
                                    {"x-first-death-reason", "expired"},
                                    {"z", std::int32_t{1}},
                                }));
}

TEST_P(DeadLetterBehaviour, ARejectedMessageTellsHowItDied) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead);
  channel.put(queue, "one");
  channel.put(queue, "two");
  channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  channel.send(amqp::basic::Nack{.delivery_tag = channel.get_message(queue, false).tag});
  channel.consume(dead);
  for (const auto* body : {"one", "two"}) {
    const Delivery delivery = channel.expect_delivery_of(body);
    EXPECT_EQ(timeless(delivery), (FieldTable{
                                      {"x-death", FieldArray{FieldTable{
                                                      {"count", std::int64_t{1}},
                                                      {"reason", "rejected"},
                                                      {"queue", queue},
                                                      {"time", FieldTimestamp{0}},
                                                      {"exchange", ""},
                                                      {"routing-keys", FieldArray{queue}},
                                                  }}},
                                      {"x-first-death-exchange", ""},
                                      {"x-first-death-queue", queue},
                                      {"x-first-death-reason", "rejected"},
                                  }));
  }
}

TEST_P(DeadLetterBehaviour, ASecondDeathComesFirstAndTheSameIsCounted) {
  WireChannel channel = connected_channel();
  const std::string first = unique("first");
  const std::string second = declare_mortal(channel, first);
  channel.declare(
      {.queue = first,
       .exclusive = true,
       .arguments = {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", second}}});
  const auto reject_from = [&](const std::string& queue) {
    channel.consume(queue);
    const Delivery delivery = channel.expect_delivery_of("body");
    const FieldTable headers = delivery.properties.headers ? timeless(delivery) : FieldTable{};
    channel.call(amqp::basic::Cancel{.consumer_tag = delivery.consumer_tag});
    channel.send(amqp::basic::Reject{.delivery_tag = delivery.tag});
    return headers;
  };
  channel.put(first, "body");
  for (const auto& queue : {first, second, first}) reject_from(queue);
  const auto entry = [](std::string_view queue, std::int64_t count) {
    return FieldTable{{"count", count},
                      {"exchange", ""},
                      {"queue", queue},
                      {"reason", "rejected"},
                      {"routing-keys", FieldArray{queue}},
                      {"time", FieldTimestamp{0}}};
  };
  EXPECT_EQ(reject_from(second),
            (FieldTable{{"x-death", FieldArray{entry(first, 2), entry(second, 1)}},
                        {"x-first-death-exchange", ""},
                        {"x-first-death-queue", first},
                        {"x-first-death-reason", "rejected"}}));
}

TEST_P(DeadLetterBehaviour, WithoutAKeyOfTheQueueTheMessageKeepsItsOwn) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  const std::string dead = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = dead, .exchange = exchange, .routing_key = "a.*"});
  const std::string queue =
      channel.declare({.queue = unique("mortal"),
                       .exclusive = true,
                       .arguments = {{"x-dead-letter-exchange", exchange}, {"x-message-ttl", 1}}});
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = "amq.topic", .routing_key = "a.b"});
  channel.consume(dead);
  channel.publish("amq.topic", "a.b", "body");
  const Delivery delivery = channel.expect_delivery_of("body");
  EXPECT_EQ(delivery.exchange, exchange);
  EXPECT_EQ(delivery.routing_key, "a.b");
  EXPECT_EQ(*timeless(delivery).find("x-first-death-exchange")->as_string(), "amq.topic");
}

TEST_P(DeadLetterBehaviour, CopiesAreToldOfAndGoOnlyWithoutAKeyOfTheQueue) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead);
  const std::string copies = amqp::encode_table_content({{"CC", FieldArray{"copy"}}});
  channel.put(queue, "body", with_headers(copies));
  channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  channel.consume(dead);
  const FieldTable headers = timeless(channel.expect_delivery_of("body"));
  EXPECT_EQ(headers.find("CC"), nullptr);
  EXPECT_EQ(*(*headers.find("x-death")->as_array())[0].as_table()->find("routing-keys")->as_array(),
            (FieldArray{queue, "copy"}));
}

TEST_P(DeadLetterBehaviour, WhatIsNotADeathOfBrokersIsWrittenAnew) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead);
  const std::string forged = amqp::encode_table_content({{"x-death", "gone"}, {"a", 1}});
  channel.put(queue, "body", with_headers(forged));
  channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  channel.consume(dead);
  EXPECT_EQ(timeless(channel.expect_delivery_of("body")),
            (FieldTable{
                {"a", std::int32_t{1}},
                {"x-death", FieldArray{FieldTable{
                                {"count", std::int64_t{1}},
                                {"reason", "rejected"},
                                {"queue", queue},
                                {"time", FieldTimestamp{0}},
                                {"exchange", ""},
                                {"routing-keys", FieldArray{queue}},
                            }}},
            }));
}

TEST_P(DeadLetterBehaviour, AMessageThatComesRoundByItselfIsDropped) {
  WireChannel channel = connected_channel();
  const std::string seen = channel.declare_exclusive();
  const std::string exchange = declare_exchange(channel, "fanout");
  const std::string first =
      channel.declare({.queue = unique("first"),
                       .exclusive = true,
                       .arguments = {{"x-dead-letter-exchange", exchange}, {"x-message-ttl", 1}}});
  for (const auto& queue : {first, seen}) {
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange});
  }
  channel.consume(seen);
  channel.publish("", first, "one");
  channel.publish("", first, "two");
  // Were "one" to come round, it would be here again before "two" or after it.
  channel.expect_delivery_of("one");
  channel.expect_delivery_of("two");
  channel.put(seen, "last");
  channel.expect_delivery_of("last");
  EXPECT_EQ(channel.message_count(first), 0u);
}

TEST_P(DeadLetterBehaviour, ARejectedMessageMayComeRound) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("round");
  channel.declare(
      {.queue = queue, .exclusive = true, .arguments = {{"x-dead-letter-exchange", ""}}});
  channel.consume(queue);
  channel.publish("", queue, "body");
  for (int round = 0; round < 3; ++round) {
    channel.send(amqp::basic::Reject{.delivery_tag = channel.expect_delivery_of("body").tag});
  }
  const FieldTable headers = timeless(channel.expect_delivery_of("body"));
  const FieldTable death = *(*headers.find("x-death")->as_array())[0].as_table();
  EXPECT_EQ(death.find("count")->as_integer(), 3);
}

TEST_P(DeadLetterBehaviour, WithoutItsExchangeTheDeadAreDropped) {
  WireChannel channel = connected_channel();
  const std::string queue =
      channel.declare({.queue = unique("mortal"),
                       .exclusive = true,
                       .arguments = {{"x-dead-letter-exchange", unique("missing")}}});
  channel.put(queue, "body");
  channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  EXPECT_EQ(channel.message_count(queue), 0u);
}

TEST_P(DeadLetterBehaviour, InternalExchangesTakeDeadLetters) {
  WireChannel channel = connected_channel();
  const std::string exchange = unique("internal");
  channel.call(amqp::exchange::Declare{
      .exchange = exchange, .type = "fanout", .auto_delete = true, .internal = true});
  const std::string dead = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = dead, .exchange = exchange});
  const std::string queue =
      channel.declare({.queue = unique("mortal"),
                       .exclusive = true,
                       .arguments = {{"x-dead-letter-exchange", exchange}, {"x-message-ttl", 0}}});
  channel.consume(dead);
  channel.publish("", queue, "body");
  channel.expect_delivery_of("body");
}

TEST_P(DeadLetterBehaviour, ALongChainIsFollowedToItsEnd) {
  WireChannel channel = connected_channel();
  const std::string last = channel.declare_exclusive();
  std::string next = last;
  for (int i = 0; i < 30; ++i) next = declare_mortal(channel, next, {{"x-message-ttl", 0}});
  channel.consume(last);
  channel.publish("", next, "body");
  const FieldTable headers = timeless(channel.expect_delivery_of("body"));
  EXPECT_EQ(headers.find("x-death")->as_array()->size(), 30u);
}

}  // namespace
}  // namespace bb::test
