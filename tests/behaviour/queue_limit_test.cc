// Queues with a limit: x-max-length, x-max-length-bytes, x-overflow.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(QueueLimits);

std::string declare(WireChannel& channel, std::string name, const amqp::FieldTable& arguments) {
  return channel.declare({.queue = name, .exclusive = true, .arguments = arguments});
}

TEST_P(QueueLimits, TheOldestMessageMakesRoom) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), {{"x-max-length", 2}});
  for (const auto* body : {"one", "two", "three"}) channel.put(queue, body);
  EXPECT_EQ(channel.drain(queue), "two three ");
}

TEST_P(QueueLimits, BytesAreThoseOfBodies) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), {{"x-max-length-bytes", 10}});
  for (const auto* body : {"1234", "56789", "a", "bcdefgh"}) channel.put(queue, body);
  EXPECT_EQ(channel.drain(queue), "a bcdefgh ");
}

TEST_P(QueueLimits, AMessageLargerThanTheQueueIsDropped) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), {{"x-max-length-bytes", 3}});
  channel.put(queue, "123");
  channel.put(queue, "1234");
  EXPECT_EQ(channel.message_count(queue), 0u);
}

TEST_P(QueueLimits, WhatIsUnacknowledgedDoesNotCount) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), {{"x-max-length", 1}});
  channel.put(queue, "one");
  const auto tag = channel.get_message(queue, /*no_ack=*/false).tag;
  channel.put(queue, "two");
  EXPECT_EQ(channel.message_count(queue), 1u);
  channel.send(amqp::basic::Nack{.delivery_tag = tag, .requeue = true});
  EXPECT_EQ(channel.drain(queue), "two ");  // the one that came back is the oldest
}

TEST_P(QueueLimits, AQueueOfNoneDeliversToWhoWaits) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), {{"x-max-length", 0}});
  channel.put(queue, "lost");
  EXPECT_EQ(channel.message_count(queue), 0u);
  channel.consume(queue);
  channel.publish("", queue, "found");
  channel.expect_delivery_of("found");
}

TEST_P(QueueLimits, WhatMadeRoomIsADeadLetter) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare(
      channel, unique("queue"),
      {{"x-max-length", 1}, {"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead}});
  channel.consume(dead);
  channel.put(queue, "one");
  channel.put(queue, "two");
  const Delivery delivery = channel.expect_delivery_of("one");
  const auto headers = *amqp::decode_table(*delivery.properties.headers);
  EXPECT_EQ(*headers.find("x-first-death-reason")->as_string(), "maxlen");
}

TEST_P(QueueLimits, AFullQueueRefusesWithANack) {
  WireChannel channel = connected_channel();
  const std::string queue =
      declare(channel, unique("queue"), {{"x-max-length", 1}, {"x-overflow", "reject-publish"}});
  channel.call(amqp::confirm::Select{});
  channel.publish("", queue, "one");
  channel.expect_confirms(1);
  channel.publish("", queue, "two", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.expect_confirms(2), (std::set<std::uint64_t>{2}));
  EXPECT_EQ(channel.drain(queue), "one ");
  channel.publish("", queue, "three");
  EXPECT_TRUE(channel.expect_confirms(3).empty());
}

TEST_P(QueueLimits, AQueueOfFewBytesRefusesWithANack) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"),
                                    {{"x-max-length-bytes", 5}, {"x-overflow", "reject-publish"}});
  channel.call(amqp::confirm::Select{});
  channel.publish("", queue, "1234");
  channel.expect_confirms(1);
  channel.publish("", queue, "12");
  EXPECT_EQ(channel.expect_confirms(2), (std::set<std::uint64_t>{2}));
}

TEST_P(QueueLimits, OneOfSeveralQueuesIsEnoughForANack) {
  WireChannel channel = connected_channel();
  const std::string full =
      declare(channel, unique("full"), {{"x-max-length", 0}, {"x-overflow", "reject-publish"}});
  const std::string roomy = channel.declare_exclusive();
  const std::string exchange = declare_exchange(channel, "fanout");
  for (const auto& queue : {full, roomy}) {
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange});
  }
  channel.call(amqp::confirm::Select{});
  channel.publish(exchange, "", "body");
  EXPECT_EQ(channel.expect_confirms(1), (std::set<std::uint64_t>{1}));
  channel.consume(roomy);
  channel.expect_delivery_of("body");
}

TEST_P(QueueLimits, WhatAFullQueueRefusesCanBeADeadLetter) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare(channel, unique("queue"),
                                    {{"x-max-length", 1},
                                     {"x-overflow", "reject-publish-dlx"},
                                     {"x-dead-letter-exchange", ""},
                                     {"x-dead-letter-routing-key", dead}});
  channel.call(amqp::confirm::Select{});
  channel.publish("", queue, "one");
  channel.publish("", queue, "two");
  EXPECT_EQ(channel.expect_confirms(2), (std::set<std::uint64_t>{2}));
  channel.consume(dead);
  const Delivery delivery = channel.expect_delivery_of("two");
  const auto headers = *amqp::decode_table(*delivery.properties.headers);
  EXPECT_EQ(*headers.find("x-first-death-reason")->as_string(), "maxlen");
  EXPECT_EQ(channel.drain(queue), "one ");
}

TEST_P(QueueLimits, ARedeclarationRepeatsThem) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(
      channel, unique("queue"), {{"x-max-length", std::int32_t{5}}, {"x-overflow", "drop-head"}});
  declare(channel, queue, {{"x-max-length", std::int64_t{5}}, {"x-overflow", "drop-head"}});
  channel.send(
      amqp::queue::Declare{.queue = queue,
                           .exclusive = true,
                           .arguments = {{"x-max-length", 6}, {"x-overflow", "drop-head"}}});
  channel.expect_closed(406, inequivalent("x-max-length", "queue", queue, "'6'", "'5'"),
                        amqp::queue::Declare::kId);
}

}  // namespace
}  // namespace bb::test
