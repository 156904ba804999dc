// basic.get, ack, nack, reject and recover.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::basic::Ack;
using amqp::basic::Nack;
using amqp::basic::Recover;
using amqp::basic::RecoverAsync;
using amqp::basic::Reject;

class AcknowledgeTest : public BehaviourTest {
 protected:
  // An exclusive queue with the messages "1" to `count`.
  std::string filled_queue(WireChannel channel, int count) {
    const std::string queue = channel.declare_exclusive();
    for (int i = 1; i <= count; ++i) channel.put(queue, std::to_string(i));
    return queue;
  }
  // Takes messages without acknowledging; the tags are 1 to `count` on a fresh channel.
  void take(WireChannel channel, const std::string& queue, int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(channel.get(queue, /*no_ack=*/false));
  }
};

using AcknowledgeBehaviour = AcknowledgeTest;
INSTANTIATE_TEST_SUITE_P(, AcknowledgeBehaviour, testing::Values("core", "bb", "rabbitmq"),
                         broker_of);

constexpr std::string_view kUnknownTag1 = "PRECONDITION_FAILED - unknown delivery tag 1";

TEST_P(AcknowledgeBehaviour, GetGivesTheFirstAndCountsTheRest) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  const Delivery first = channel.get_message(queue, /*no_ack=*/false);
  EXPECT_EQ(first.body, "1");
  EXPECT_EQ(first.tag, 1u);
  EXPECT_EQ(first.message_count, 2u);
  EXPECT_FALSE(first.redelivered);
  EXPECT_EQ(first.exchange, "");
  EXPECT_EQ(first.routing_key, queue);
}

TEST_P(AcknowledgeBehaviour, GetFromAnEmptyQueueSaysSo) {
  WireChannel channel = connected_channel();
  EXPECT_FALSE(channel.get(channel.declare_exclusive()));
}

TEST_P(AcknowledgeBehaviour, GetFromAMissingQueueIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.send(amqp::basic::Get{.queue = name});
  channel.expect_closed(404, no_queue(name), amqp::basic::Get::kId);
}

TEST_P(AcknowledgeBehaviour, WhatIsAcknowledgedIsGone) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = filled_queue(channel, 3);
  take(channel, queue, 3);
  channel.ack(2);
  channel.call(amqp::channel::Close{.reply_code = 200});
  EXPECT_EQ(open_channel(client).drain(queue), "1 3 ");
}

TEST_P(AcknowledgeBehaviour, MultipleCoversAllUpToTheTag) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = filled_queue(channel, 4);
  take(channel, queue, 4);
  channel.ack(2);
  channel.ack(3, /*multiple=*/true);
  channel.call(amqp::channel::Close{.reply_code = 200});
  EXPECT_EQ(open_channel(client).drain(queue), "4 ");
}

TEST_P(AcknowledgeBehaviour, MultipleWithTagZeroCoversAll) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = filled_queue(channel, 3);
  take(channel, queue, 3);
  channel.ack(0, /*multiple=*/true);
  channel.call(amqp::channel::Close{.reply_code = 200});
  EXPECT_EQ(open_channel(client).drain(queue), "");
}

TEST_P(AcknowledgeBehaviour, MultipleWithTagZeroAndNothingToCoverIsFine) {
  WireChannel channel = connected_channel();
  channel.ack(0, /*multiple=*/true);
  channel.send(Nack{0, /*multiple=*/true, /*requeue=*/true});
  channel.call(amqp::basic::Qos{});
}

TEST_P(AcknowledgeBehaviour, AnUnknownTagIsRefused) {
  WireClient& client = connect();
  const auto refused = [&](const auto& method, std::string_view text) {
    WireChannel channel = open_channel(client);
    channel.send(method);
    channel.expect_closed(406, text, std::decay_t<decltype(method)>::kId);
  };
  refused(Ack{1}, kUnknownTag1);
  refused(Ack{1, /*multiple=*/true}, kUnknownTag1);
  refused(Nack{1}, kUnknownTag1);
  refused(Reject{1}, kUnknownTag1);
  refused(Ack{0}, "PRECONDITION_FAILED - unknown delivery tag 0");
}

TEST_P(AcknowledgeBehaviour, ATagTooFarIsRefused) {
  WireChannel channel = connected_channel();
  take(channel, filled_queue(channel, 1), 1);
  channel.ack(2, /*multiple=*/true);
  channel.expect_closed(406, "PRECONDITION_FAILED - unknown delivery tag 2", Ack::kId);
}

TEST_P(AcknowledgeBehaviour, AcknowledgingTwiceIsRefused) {
  WireChannel channel = connected_channel();
  take(channel, filled_queue(channel, 2), 2);
  channel.ack(1);
  channel.ack(1);
  channel.expect_closed(406, kUnknownTag1, Ack::kId);
}

TEST_P(AcknowledgeBehaviour, AcknowledgingTwiceUpToATagIsRefusedWhenNothingIsCovered) {
  WireChannel channel = connected_channel();
  take(channel, filled_queue(channel, 3), 3);
  channel.ack(2, /*multiple=*/true);
  channel.ack(1, /*multiple=*/true);
  channel.expect_closed(406, kUnknownTag1, Ack::kId);
}

TEST_P(AcknowledgeBehaviour, AcknowledgingUpToATagThatWasTakenBeforeIsRefused) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = filled_queue(channel, 3);
  take(channel, queue, 3);
  channel.ack(2);
  channel.ack(2, /*multiple=*/true);
  channel.expect_closed(406, "PRECONDITION_FAILED - unknown delivery tag 2", Ack::kId);
  EXPECT_EQ(open_channel(client).drain(queue), "1 3 ");
}

TEST_P(AcknowledgeBehaviour, AnErrorGivesBackWhatWasUnacknowledged) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = filled_queue(channel, 2);
  take(channel, queue, 2);
  channel.ack(99);
  channel.expect_closed(406, std::nullopt, Ack::kId);
  EXPECT_EQ(open_channel(client).drain(queue), "1 2 ");
}

TEST_P(AcknowledgeBehaviour, WhatIsRejectedIsGone) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  take(channel, queue, 2);
  channel.send(Reject{1, /*requeue=*/false});
  channel.send(Nack{2, /*multiple=*/false, /*requeue=*/false});
  channel.call(Recover{.requeue = true});
  EXPECT_EQ(channel.drain(queue), "3 ");
}

TEST_P(AcknowledgeBehaviour, WhatIsRequeuedGoesToItsPlaceMarkedAsRedelivered) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 4);
  take(channel, queue, 3);
  channel.send(Reject{2, /*requeue=*/true});
  channel.send(Nack{1, /*multiple=*/false, /*requeue=*/true});
  for (const std::string_view body : {"1", "2"}) {
    const Delivery message = channel.get_message(queue);
    EXPECT_EQ(message.body, body);
    EXPECT_TRUE(message.redelivered);
  }
  const Delivery fresh = channel.get_message(queue);
  EXPECT_EQ(fresh.body, "4");
  EXPECT_FALSE(fresh.redelivered);
}

TEST_P(AcknowledgeBehaviour, NackingManyPutsThemBackInOrder) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 4);
  take(channel, queue, 3);
  channel.send(Nack{3, /*multiple=*/true, /*requeue=*/true});
  EXPECT_EQ(channel.drain(queue), "1 2 3 4 ");
}

TEST_P(AcknowledgeBehaviour, RequeuedMessagesGoToAWaitingConsumer) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.consume(queue);
  channel.put(queue, "body");
  const Delivery first = channel.expect_delivery_of("body");
  channel.send(Nack{first.tag, /*multiple=*/false, /*requeue=*/true});
  const Delivery second = channel.expect_delivery_of("body");
  EXPECT_TRUE(second.redelivered);
  EXPECT_EQ(second.tag, first.tag + 1);
}

TEST_P(AcknowledgeBehaviour, RecoverPutsEverythingBack) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  take(channel, queue, 2);
  channel.call(Recover{.requeue = true});
  EXPECT_EQ(channel.drain(queue), "1 2 3 ");
}

TEST_P(AcknowledgeBehaviour, RecoverDeliversAgain) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 2);
  channel.consume(queue);
  channel.expect_delivery_of("1");
  channel.expect_delivery_of("2");
  channel.call(Recover{.requeue = true});
  EXPECT_TRUE(channel.expect_delivery_of("1").redelivered);
  EXPECT_TRUE(channel.expect_delivery_of("2").redelivered);
}

TEST_P(AcknowledgeBehaviour, RecoverAsyncGetsNoAnswer) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 1);
  take(channel, queue, 1);
  channel.send(RecoverAsync{.requeue = true});
  EXPECT_EQ(channel.drain(queue), "1 ");
}

TEST_P(AcknowledgeBehaviour, RecoverWithoutRequeueIsNotImplemented) {
  WireClient& client = connect();
  open_channel(client).send(Recover{.requeue = false});
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - requeue=false", Recover::kId);
}

TEST_P(AcknowledgeBehaviour, ClosingTheChannelPutsEverythingBack) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = filled_queue(channel, 3);
  channel.consume(queue);
  channel.expect_delivery_of("1");
  channel.expect_delivery_of("2");
  channel.expect_delivery_of("3");
  channel.ack(2);
  channel.call(amqp::channel::Close{.reply_code = 200});
  EXPECT_EQ(open_channel(client).drain(queue), "1 3 ");
}

}  // namespace
}  // namespace bb::test
