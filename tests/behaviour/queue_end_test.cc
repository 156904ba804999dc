// How queues are emptied and how they end.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::queue::Declare;
using amqp::queue::Delete;
using amqp::queue::Purge;

BB_BEHAVIOUR_SUITE(QueueEndBehaviour);

TEST_P(QueueEndBehaviour, PurgingCountsWhatWaited) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  for (const std::string_view body : {"one", "two", "three"}) channel.put(queue, body);
  ASSERT_TRUE(channel.get(queue, /*no_ack=*/false));
  EXPECT_EQ(channel.call(Purge{.queue = queue}).message_count, 2u);
  EXPECT_EQ(channel.message_count(queue), 0u);
  channel.call(amqp::basic::Recover{.requeue = true});  // what was unacknowledged is still there
  EXPECT_EQ(channel.drain(queue), "one ");
}

TEST_P(QueueEndBehaviour, PurgingAMissingOneIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.send(Purge{.queue = name});
  channel.expect_closed(404, no_queue(name), Purge::kId);
}

TEST_P(QueueEndBehaviour, DeletingCountsWhatWaited) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "one");
  channel.put(queue, "two");
  EXPECT_EQ(channel.call(Delete{.queue = queue}).message_count, 2u);
}

TEST_P(QueueEndBehaviour, DeletingAMissingOneIsFine) {
  EXPECT_EQ(connected_channel().call(Delete{.queue = unique("missing")}).message_count, 0u);
}

TEST_P(QueueEndBehaviour, DeletingIfEmptySparesOneWithMessages) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"), .exclusive = true});
  channel.put(queue, "body");
  channel.send(Delete{.queue = queue, .if_empty = true});
  channel.expect_closed(
      406, fmt::format("PRECONDITION_FAILED - queue '{}' in vhost '/' not empty", queue),
      Delete::kId);
  channel = open_channel(channel.client());
  channel.call(Purge{.queue = queue});
  channel.call(Delete{.queue = queue, .if_empty = true});
}

TEST_P(QueueEndBehaviour, DeletingIfUnusedSparesOneWithConsumers) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"), .exclusive = true});
  WireChannel consumer = open_channel(channel.client(), 2);
  const std::string tag = consumer.consume(queue);
  channel.send(Delete{.queue = queue, .if_unused = true});
  channel.expect_closed(
      406, fmt::format("PRECONDITION_FAILED - queue '{}' in vhost '/' in use", queue), Delete::kId);
  channel = open_channel(channel.client());
  consumer.call(amqp::basic::Cancel{.consumer_tag = tag});
  channel.call(Delete{.queue = queue, .if_unused = true});
}

TEST_P(QueueEndBehaviour, AnAutoDeleteOneWaitsForItsFirstConsumer) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"), .auto_delete = true});
  channel.put(queue, "body");
  ASSERT_TRUE(channel.get(queue));  // basic.get makes no consumer
  EXPECT_EQ(channel.message_count(queue), 0u);
  channel.call(Delete{.queue = queue});
}

TEST_P(QueueEndBehaviour, AnAutoDeleteOneGoesWithItsLastConsumer) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"), .auto_delete = true});
  const std::string first = channel.consume(queue);
  const std::string second = channel.consume(queue);
  channel.call(amqp::basic::Cancel{.consumer_tag = first});
  EXPECT_EQ(channel.consumer_count(queue), 1u);
  channel.call(amqp::basic::Cancel{.consumer_tag = second});
  channel.send(Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), Declare::kId);
}

TEST_P(QueueEndBehaviour, AnAutoDeleteOneGoesWithItsConsumersChannel) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client, 1);
  WireChannel consumer = open_channel(client, 2);
  const std::string queue = channel.declare({.queue = unique("queue"), .auto_delete = true});
  consumer.consume(queue);
  consumer.call(amqp::channel::Close{.reply_code = 200});
  channel.send(Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), Declare::kId);
}

TEST_P(QueueEndBehaviour, DeletingTellsTheConsumers) {
  WireChannel channel = connected_channel();
  WireChannel consumer = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue")});
  const std::string tag = consumer.consume(queue);
  channel.call(Delete{.queue = queue});
  const auto cancel = consumer.expect<amqp::basic::Cancel>();
  EXPECT_EQ(cancel.consumer_tag, tag);
  EXPECT_TRUE(cancel.no_wait);
  // The tag is free again.
  const std::string other = consumer.declare_exclusive();
  consumer.call(amqp::basic::Consume{.queue = other, .consumer_tag = tag});
}

TEST_P(QueueEndBehaviour, DeletingTellsNothingToWhoDidNotAsk) {
  WireChannel channel = connected_channel();
  WireChannel consumer = open_channel(connect({.capabilities = {}}));
  const std::string queue = channel.declare({.queue = unique("queue")});
  consumer.consume(queue);
  channel.call(Delete{.queue = queue});
  const std::string other = consumer.declare_exclusive();
  consumer.expect_nothing(other);
}

TEST_P(QueueEndBehaviour, MessagesOfADeletedOneMayStillBeAcknowledged) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "one");
  channel.put(queue, "two");
  channel.consume(queue);
  const Delivery first = channel.expect_delivery_of("one");
  const Delivery second = channel.expect_delivery_of("two");
  channel.call(Delete{.queue = queue});
  channel.expect<amqp::basic::Cancel>();
  channel.ack(first.tag);
  channel.send(amqp::basic::Nack{second.tag, /*multiple=*/false, /*requeue=*/true});
  const std::string other = channel.declare_exclusive();
  channel.expect_nothing(other);
}

}  // namespace
}  // namespace bb::test
