// Messages and queues that live for a while: expiration, x-message-ttl, x-expires. Nothing is
// measured: what is to expire is awaited where it goes.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

class Expiry : public BehaviourTest {
 public:
  // A queue whose dead go to `dead`.
  std::string declare_mortal(WireChannel& channel, std::string_view dead,
                             amqp::FieldTable arguments = {}) {
    arguments.set("x-dead-letter-exchange", "");
    arguments.set("x-dead-letter-routing-key", dead);
    return channel.declare({.queue = unique("mortal"), .exclusive = true, .arguments = arguments});
  }
};
INSTANTIATE_TEST_SUITE_P(, Expiry, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(Expiry, TheShorterOfQueueAndMessageCounts) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead, {{"x-message-ttl", 3'000'000}});
  channel.consume(dead);
  channel.publish("", queue, "soon", {.expiration = "20"});
  channel.expect_delivery_of("soon");
  const std::string brief = declare_mortal(channel, dead, {{"x-message-ttl", 20}});
  channel.publish("", brief, "later", {.expiration = "3000000"});
  channel.expect_delivery_of("later");
}

TEST_P(Expiry, IsLookedForAtTheHeadOnly) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string blocked = declare_mortal(channel, dead);
  const std::string open = declare_mortal(channel, dead);
  channel.consume(dead);
  channel.publish("", blocked, "stays");
  channel.publish("", blocked, "stuck", {.expiration = "1"});
  channel.publish("", open, "gone", {.expiration = "30"});
  channel.expect_delivery_of("gone");
  EXPECT_EQ(channel.message_count(blocked), 2u);
  EXPECT_EQ(channel.get_message(blocked).body, "stays");
  channel.expect_delivery_of("stuck");
}

TEST_P(Expiry, KeepsTheOrder) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead, {{"x-message-ttl", 20}});
  channel.consume(dead);
  for (const auto* body : {"one", "two", "three"}) channel.publish("", queue, body);
  for (const auto* body : {"one", "two", "three"}) channel.expect_delivery_of(body);
}

TEST_P(Expiry, AtOnceIsInTimeForAConsumerThatWaits) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare(
      {.queue = unique("queue"), .exclusive = true, .arguments = {{"x-message-ttl", 0}}});
  channel.put(queue, "lost");
  EXPECT_EQ(channel.message_count(queue), 0u);
  channel.consume(queue);
  channel.publish("", queue, "found");
  channel.expect_delivery_of("found");
  const std::string other = channel.declare_exclusive();
  channel.put(other, "lost", {.expiration = "0"});
  EXPECT_EQ(channel.message_count(other), 0u);
}

TEST_P(Expiry, WhatIsUnacknowledgedExpiresWhenItComesBack) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead, {{"x-message-ttl", 30}});
  const std::string clock = declare_mortal(channel, dead, {{"x-message-ttl", 60}});
  channel.consume(queue);
  channel.publish("", queue, "held");
  const auto tag = channel.expect_delivery_of("held").tag;
  channel.consume(dead);
  channel.publish("", clock, "time is up");
  channel.expect_delivery_of("time is up");
  channel.send(amqp::basic::Nack{.delivery_tag = tag, .requeue = true});
  // Dead: a redelivery would carry no headers.
  EXPECT_TRUE(channel.expect_delivery_of("held").properties.headers);
}

TEST_P(Expiry, AMessagesOwnTimeCountsWhenItComesBack) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_mortal(channel, dead);
  channel.consume(queue);
  channel.publish("", queue, "held", {.expiration = "0"});
  const auto tag = channel.expect_delivery_of("held").tag;
  channel.consume(dead);
  channel.send(amqp::basic::Nack{.delivery_tag = tag, .requeue = true});
  // Dead: a redelivery would carry no headers.
  EXPECT_TRUE(channel.expect_delivery_of("held").properties.headers);
}

TEST_P(Expiry, NumbersOutOfRangeAreRefused) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.publish("", queue, "body", {.expiration = "315360000001"});
  channel.expect_closed(406,
                        "PRECONDITION_FAILED - invalid expiration '315360000001': "
                        "{value_too_large,315360000001}",
                        amqp::basic::Publish::kId);
}

TEST_P(Expiry, AQueueThatNobodyUsesGoes) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client, 1);
  const std::string queue = channel.declare(
      {.queue = unique("queue"), .durable = true, .arguments = {{"x-expires", 50}}});
  // Its going is seen in a queue that is declared together with it and expires later.
  const std::string dead = channel.declare_exclusive();
  const std::string clock = declare_mortal(channel, dead, {{"x-message-ttl", 400}});
  channel.consume(dead);
  channel.publish("", clock, "time is up");
  channel.expect_delivery_of("time is up");
  channel.send(amqp::queue::Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), amqp::queue::Declare::kId);
}

TEST_P(Expiry, AQueueWithAConsumerStays) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client, 1);
  const std::string queue = channel.declare(
      {.queue = unique("queue"), .durable = true, .arguments = {{"x-expires", 50}}});
  const std::string tag = channel.consume(queue);
  const std::string dead = channel.declare_exclusive();
  const std::string clock = declare_mortal(channel, dead, {{"x-message-ttl", 400}});
  channel.consume(dead);
  channel.publish("", clock, "time is up");
  channel.expect_delivery_of("time is up");
  channel.publish("", queue, "still there");
  channel.expect_delivery_of("still there");
  // And goes once it has none.
  channel.call(amqp::basic::Cancel{.consumer_tag = tag});
  channel.publish("", clock, "time is up");
  channel.expect_delivery_of("time is up");
  channel.send(amqp::queue::Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), amqp::queue::Declare::kId);
}

}  // namespace
}  // namespace bb::test
