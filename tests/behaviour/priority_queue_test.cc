// Queues with x-max-priority.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(PriorityQueue);

std::string declare(WireChannel& channel, std::string name, std::int32_t max_priority,
                    amqp::FieldTable arguments = {}) {
  arguments.set("x-max-priority", max_priority);
  return channel.declare({.queue = name, .exclusive = true, .arguments = arguments});
}

TEST_P(PriorityQueue, HigherOnesComeFirstAndEqualOnesInOrder) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), 5);
  channel.put(queue, "none");
  channel.put(queue, "low1", {.priority = 1});
  channel.put(queue, "high1", {.priority = 5});
  channel.put(queue, "low2", {.priority = 1});
  channel.put(queue, "zero", {.priority = 0});
  channel.put(queue, "high2", {.priority = 5});
  EXPECT_EQ(channel.message_count(queue), 6u);
  EXPECT_EQ(channel.drain(queue), "high1 high2 low1 low2 none zero ");
}

TEST_P(PriorityQueue, AboveTheHighestIsTheHighest) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), 3);
  channel.put(queue, "three", {.priority = 3});
  channel.put(queue, "nine", {.priority = 9});
  channel.put(queue, "two", {.priority = 2});
  EXPECT_EQ(channel.drain(queue), "three nine two ");
}

TEST_P(PriorityQueue, MessagesComeBackToTheirPlace) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), 255);
  channel.put(queue, "low", {.priority = 1});
  channel.put(queue, "high1", {.priority = 200});
  channel.put(queue, "high2", {.priority = 200});
  const auto first = channel.get_message(queue, /*no_ack=*/false).tag;
  channel.get_message(queue, /*no_ack=*/false);
  channel.get_message(queue, /*no_ack=*/false);
  channel.send(amqp::basic::Nack{.delivery_tag = 0, .multiple = true, .requeue = true});
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(channel.drain(queue), "high1 high2 low ");
}

TEST_P(PriorityQueue, TheHeadMakesRoom) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), 5, {{"x-max-length", 2}});
  channel.put(queue, "high", {.priority = 5});
  channel.put(queue, "low1", {.priority = 1});
  channel.put(queue, "low2", {.priority = 1});
  EXPECT_EQ(channel.drain(queue), "low1 low2 ");
}

TEST_P(PriorityQueue, PurgeDropsAll) {
  WireChannel channel = connected_channel();
  const std::string queue = declare(channel, unique("queue"), 5);
  channel.put(queue, "low");
  channel.put(queue, "high", {.priority = 5});
  EXPECT_EQ(channel.call(amqp::queue::Purge{.queue = queue}).message_count, 2u);
  EXPECT_EQ(channel.drain(queue), "");
}

TEST_P(PriorityQueue, OtherQueuesDoNotMindThem) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "low", {.priority = 1});
  channel.put(queue, "high", {.priority = 9});
  EXPECT_EQ(channel.drain(queue), "low high ");
}

}  // namespace
}  // namespace bb::test
