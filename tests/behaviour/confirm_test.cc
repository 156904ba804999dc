// Publisher confirms.
#include <array>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(ConfirmBehaviour);

TEST_P(ConfirmBehaviour, PublishesAreCountedFromOne) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.publish("", queue, "before");
  channel.call(amqp::confirm::Select{});
  channel.publish("", queue, "first");
  EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 1u);
  channel.publish("", queue, "second");
  EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 2u);
}

TEST_P(ConfirmBehaviour, EveryChannelCountsForItself) {
  WireClient& client = connect();
  for (const auto number : std::to_array<std::uint16_t>({1, 2})) {
    WireChannel channel = open_channel(client, number);
    const std::string queue = channel.declare_exclusive();
    channel.call(amqp::confirm::Select{});
    channel.publish("", queue, "body");
    EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 1u);
  }
}

TEST_P(ConfirmBehaviour, ManyInFlightAreAllAnswered) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::confirm::Select{});
  for (int i = 0; i < 500; ++i) {
    channel.publish("", queue, "body",
                    {.delivery_mode = i % 2 == 0 ? amqp::kPersistent : amqp::kTransient});
  }
  EXPECT_TRUE(channel.expect_confirms(500).empty());
  EXPECT_EQ(channel.message_count(queue), 500u);
}

TEST_P(ConfirmBehaviour, PersistentMessagesInADurableQueueAreConfirmed) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("durable"), .durable = true});
  channel.call(amqp::confirm::Select{});
  for (int i = 0; i < 10; ++i) {
    channel.publish("", queue, "body", {.delivery_mode = amqp::kPersistent});
  }
  EXPECT_TRUE(channel.expect_confirms(10).empty());
  EXPECT_EQ(channel.call(amqp::queue::Delete{.queue = queue}).message_count, 10u);
}

TEST_P(ConfirmBehaviour, WhatIsUnroutableIsConfirmed) {
  WireChannel channel = connected_channel();
  channel.call(amqp::confirm::Select{});
  channel.publish("amq.direct", unique("nowhere"), "body");
  EXPECT_TRUE(channel.expect_confirms(1).empty());
}

TEST_P(ConfirmBehaviour, AReturnComesBeforeItsConfirm) {
  WireChannel channel = connected_channel();
  channel.call(amqp::confirm::Select{});
  channel.publish("amq.direct", unique("nowhere"), "body", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.expect_return().reply_code, 312);
  EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 1u);
}

TEST_P(ConfirmBehaviour, SelectingTwiceGoesOnCounting) {
  WireChannel channel = connected_channel();
  channel.call(amqp::confirm::Select{});
  channel.publish("amq.direct", unique("nowhere"), "body");
  EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 1u);
  channel.call(amqp::confirm::Select{});
  channel.publish("amq.direct", unique("nowhere"), "body");
  EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 2u);
}

TEST_P(ConfirmBehaviour, SelectingWithoutWaitingGetsNoAnswer) {
  WireChannel channel = connected_channel();
  channel.send(amqp::confirm::Select{.no_wait = true});
  channel.publish("amq.direct", unique("nowhere"), "body");
  EXPECT_EQ(channel.expect<amqp::basic::Ack>().delivery_tag, 1u);
}

}  // namespace
}  // namespace bb::test
