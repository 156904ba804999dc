// basic.consume and basic.cancel, and the order of deliveries.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::basic::Cancel;
using amqp::basic::Consume;
using testing::StartsWith;

BB_BEHAVIOUR_SUITE(ConsumeBehaviour);

TEST_P(ConsumeBehaviour, DeliversInTheOrderOfTheQueueWithTagsFromOne) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  for (const std::string_view body : {"1", "2", "3"}) channel.put(queue, body);
  const std::string consumer = channel.consume(queue);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    const Delivery delivery = channel.expect_delivery_of(std::to_string(tag));
    EXPECT_EQ(delivery.tag, tag);
    EXPECT_EQ(delivery.consumer_tag, consumer);
    EXPECT_EQ(delivery.exchange, "");
    EXPECT_EQ(delivery.routing_key, queue);
    EXPECT_FALSE(delivery.redelivered);
  }
  channel.put(queue, "4");
  EXPECT_EQ(channel.expect_delivery_of("4").tag, 4u);
}

TEST_P(ConsumeBehaviour, DeliveryTagsAreCountedPerChannel) {
  WireClient& client = connect();
  for (const auto number : std::to_array<std::uint16_t>({1, 2})) {
    WireChannel channel = open_channel(client, number);
    const std::string queue = channel.declare_exclusive();
    channel.put(queue, "body");
    channel.consume(queue);
    EXPECT_EQ(channel.expect_delivery().tag, 1u);
  }
}

TEST_P(ConsumeBehaviour, ConsumersOfAQueueTakeTurns) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  const std::string first = channel.consume(queue);
  const std::string second = channel.consume(queue);
  for (const std::string_view body : {"1", "2", "3", "4"}) channel.put(queue, body);
  for (const std::string_view expected : {first, second, first, second}) {
    EXPECT_EQ(channel.expect_delivery().consumer_tag, expected);
  }
}

TEST_P(ConsumeBehaviour, TheTagIsTheOneAskedFor) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  EXPECT_EQ(channel.call(Consume{.queue = queue, .consumer_tag = "mine"}).consumer_tag, "mine");
  channel.put(queue, "body");
  EXPECT_EQ(channel.expect_delivery().consumer_tag, "mine");
}

TEST_P(ConsumeBehaviour, AnEmptyTagGetsOneMadeUp) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  const std::string first = channel.consume(queue);
  EXPECT_THAT(first, StartsWith("amq.ctag-"));
  EXPECT_NE(channel.consume(queue), first);
}

TEST_P(ConsumeBehaviour, ATagInUseIsNotAllowed) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = channel.declare_exclusive();
  channel.call(Consume{.queue = queue, .consumer_tag = "mine"});
  channel.send(Consume{.queue = queue, .consumer_tag = "mine"});
  client.expect_connection_closed(530, "NOT_ALLOWED - attempt to reuse consumer tag 'mine'",
                                  Consume::kId);
}

TEST_P(ConsumeBehaviour, TheSameTagOnAnotherChannelIsFine) {
  WireClient& client = connect();
  const std::string queue = open_channel(client, 1).declare_exclusive();
  WireChannel(client, 1).call(Consume{.queue = queue, .consumer_tag = "mine"});
  open_channel(client, 2).call(Consume{.queue = queue, .consumer_tag = "mine"});
}

TEST_P(ConsumeBehaviour, AMissingQueueIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.send(Consume{.queue = name});
  channel.expect_closed(404, no_queue(name), Consume::kId);
}

TEST_P(ConsumeBehaviour, AnExclusiveConsumerKeepsOthersOut) {
  WireClient& client = connect();
  const std::string queue = unique("queue");
  WireChannel channel = open_channel(client, 1);
  channel.declare({.queue = queue, .exclusive = true});
  const std::string tag =
      std::string(channel.call(Consume{.queue = queue, .exclusive = true}).consumer_tag);
  const std::string refused =
      fmt::format("ACCESS_REFUSED - queue '{}' in vhost '/' in exclusive use", queue);
  for (const bool exclusive : {false, true}) {
    WireChannel other = open_channel(client, 2);
    other.send(Consume{.queue = queue, .exclusive = exclusive});
    other.expect_closed(403, refused, Consume::kId);
  }
  channel.call(Cancel{.consumer_tag = tag});
  open_channel(client, 2).consume(queue);
  channel.send(Consume{.queue = queue, .exclusive = true});  // too late: it has a consumer
  channel.expect_closed(403, refused, Consume::kId);
}

TEST_P(ConsumeBehaviour, NoWaitGetsNoAnswer) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.send(Consume{.queue = queue, .consumer_tag = "mine", .no_wait = true});
  channel.put(queue, "body");
  EXPECT_EQ(channel.expect_delivery_of("body").consumer_tag, "mine");
  channel.send(Cancel{.consumer_tag = "mine", .no_wait = true});
  EXPECT_EQ(channel.consumer_count(queue), 0u);
}

TEST_P(ConsumeBehaviour, CancellingStopsDeliveriesAndLeavesTheUnacknowledged) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::basic::Qos{.prefetch_count = 1});
  channel.put(queue, "1");
  channel.put(queue, "2");
  const std::string tag = channel.consume(queue);
  const Delivery delivery = channel.expect_delivery_of("1");
  EXPECT_EQ(channel.call(Cancel{.consumer_tag = tag}).consumer_tag, tag);
  EXPECT_EQ(channel.message_count(queue), 1u);
  channel.ack(delivery.tag);
  channel.expect_nothing(queue);
  EXPECT_EQ(channel.drain(queue), "2 ");
}

TEST_P(ConsumeBehaviour, CancellingAnUnknownTagIsFine) {
  EXPECT_EQ(connected_channel().call(Cancel{.consumer_tag = "nobody"}).consumer_tag, "nobody");
}

TEST_P(ConsumeBehaviour, ACancelledTagIsFreeAgain) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  for (int i = 0; i < 3; ++i) {
    channel.call(Consume{.queue = queue, .consumer_tag = "mine"});
    channel.call(Cancel{.consumer_tag = "mine"});
  }
}

TEST_P(ConsumeBehaviour, WithoutAcksEveryMessageIsDoneWithWhenItIsSent) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client, 1);
  WireChannel consumer = open_channel(client, 2);
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "1");
  channel.put(queue, "2");
  consumer.call(amqp::basic::Qos{.prefetch_count = 1});  // does not count without acks
  consumer.consume(queue, /*no_ack=*/true);
  consumer.expect_delivery_of("1");
  consumer.expect_delivery_of("2");
  consumer.call(amqp::channel::Close{.reply_code = 200});
  EXPECT_EQ(channel.message_count(queue), 0u);
}

TEST_P(ConsumeBehaviour, WithoutAcksThereIsNothingToAcknowledge) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "body");
  channel.consume(queue, /*no_ack=*/true);
  channel.ack(channel.expect_delivery().tag);
  channel.expect_closed(406, "PRECONDITION_FAILED - unknown delivery tag 1", amqp::basic::Ack::kId);
}

TEST_P(ConsumeBehaviour, NoLocalIsIgnored) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(Consume{.queue = queue, .no_local = true});
  channel.put(queue, "own");
  channel.expect_delivery_of("own");
}

}  // namespace
}  // namespace bb::test
