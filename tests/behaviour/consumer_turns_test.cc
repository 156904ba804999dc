// Which of a queue's consumers gets the next message: priorities, and the single active consumer.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::basic::Cancel;
using amqp::basic::Consume;
using amqp::queue::Declare;

BB_BEHAVIOUR_SUITE(ConsumerTurns);

std::string invalid(std::string_view argument, std::string_view queue, std::string_view type) {
  return fmt::format(
      "PRECONDITION_FAILED - invalid arg '{}' for queue '{}' in vhost '/': "
      "{{unacceptable_type,{}}}",
      argument, queue, type);
}

TEST_P(ConsumerTurns, TheHigherPriorityComesFirstWhileItCanTake) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::basic::Qos{.prefetch_count = 2});
  channel.call(Consume{.queue = queue, .consumer_tag = "low"});
  channel.call(Consume{
      .queue = queue, .consumer_tag = "high", .arguments = {{"x-priority", std::int32_t{5}}}});
  for (const std::string_view body : {"1", "2", "3"}) channel.put(queue, body);
  std::uint64_t last_of_high = 0;
  for (const std::string_view expected : {"high", "high", "low"}) {
    const Delivery delivery = channel.expect_delivery();
    EXPECT_EQ(delivery.consumer_tag, expected);
    if (expected == "high") last_of_high = delivery.tag;
  }
  channel.ack(last_of_high);
  channel.put(queue, "4");
  EXPECT_EQ(channel.expect_delivery_of("4").consumer_tag, "high");
}

TEST_P(ConsumerTurns, APriorityIsAnyIntegerAndMayBeNegative) {
  const amqp::FieldValue highest_first[] = {
      std::int64_t{1} << 40, std::uint16_t{300}, std::int16_t{200},
      std::uint8_t{20},      std::int8_t{10},    std::int32_t{-1},
  };
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::basic::Qos{.prefetch_count = 1});
  for (std::size_t i = std::size(highest_first); i-- > 0;) {
    channel.call(Consume{.queue = queue,
                         .consumer_tag = std::to_string(i),
                         .arguments = {{"x-priority", highest_first[i]}}});
  }
  channel.call(Consume{.queue = queue, .consumer_tag = "none"});  // is 0
  for (const std::string_view expected : {"0", "1", "2", "3", "4", "none", "5"}) {
    channel.put(queue, "body");
    EXPECT_EQ(channel.expect_delivery().consumer_tag, expected);
  }
}

TEST_P(ConsumerTurns, APriorityThatIsNoIntegerIsRefused) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.send(Consume{.queue = queue, .arguments = {{"x-priority", "high"}}});
  channel.expect_closed(406,
                        fmt::format("PRECONDITION_FAILED - invalid arg 'x-priority' for queue '{}' "
                                    "in vhost '/': \"expected integer, got longstr\"",
                                    queue),
                        Consume::kId);
}

TEST_P(ConsumerTurns, TheSingleActiveConsumerGetsEverythingUntilItIsCancelled) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"),
                                             .exclusive = true,
                                             .arguments = {{"x-single-active-consumer", true}}});
  const std::string first = channel.consume(queue);
  const std::string second = channel.consume(queue);
  for (const std::string_view body : {"1", "2", "3"}) channel.put(queue, body);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(channel.expect_delivery().consumer_tag, first);
  channel.call(Cancel{.consumer_tag = first});
  channel.put(queue, "4");
  EXPECT_EQ(channel.expect_delivery_of("4").consumer_tag, second);
  EXPECT_EQ(channel.consumer_count(queue), 1u);
}

TEST_P(ConsumerTurns, WhoWaitsDoesNotStepInForAFullSingleActiveConsumer) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"),
                                             .exclusive = true,
                                             .arguments = {{"x-single-active-consumer", true}}});
  channel.call(amqp::basic::Qos{.prefetch_count = 1});
  const std::string first = channel.consume(queue);
  const std::string second = channel.consume(queue);
  for (const std::string_view body : {"1", "2"}) channel.put(queue, body);
  EXPECT_EQ(channel.expect_delivery_of("1").consumer_tag, first);
  channel.expect_nothing(queue);
  EXPECT_EQ(channel.message_count(queue), 1u);
}

// RabbitMQ 3.10's queue ends with an error here.
BB_OWN_SUITE(FullConsumers);

TEST_P(FullConsumers, WhatWaitsGoesToTheNextSingleActiveConsumer) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"),
                                             .exclusive = true,
                                             .arguments = {{"x-single-active-consumer", true}}});
  channel.call(amqp::basic::Qos{.prefetch_count = 1});
  const std::string first = channel.consume(queue);
  const std::string second = channel.consume(queue);
  for (const std::string_view body : {"1", "2"}) channel.put(queue, body);
  EXPECT_EQ(channel.expect_delivery_of("1").consumer_tag, first);
  channel.call(Cancel{.consumer_tag = first});
  EXPECT_EQ(channel.expect_delivery_of("2").consumer_tag, second);
}

TEST_P(ConsumerTurns, TheNextSingleActiveConsumerBeginsWithWhatTheLastOneLeft) {
  WireClient& client = connect();
  WireChannel first = open_channel(client, 1);
  WireChannel second = open_channel(client, 2);
  const std::string queue = first.declare({.queue = unique("queue"),
                                           .exclusive = true,
                                           .arguments = {{"x-single-active-consumer", true}}});
  first.call(amqp::basic::Qos{.prefetch_count = 2});
  first.consume(queue);
  second.consume(queue);
  for (const std::string_view body : {"1", "2", "3"}) first.put(queue, body);
  first.expect_delivery_of("1");
  first.expect_delivery_of("2");
  first.call(amqp::channel::Close{.reply_code = 200});
  for (const std::string_view body : {"1", "2"}) {
    EXPECT_TRUE(second.expect_delivery_of(body).redelivered);
  }
  EXPECT_FALSE(second.expect_delivery_of("3").redelivered);
}

TEST_P(ConsumerTurns, TheNextSingleActiveConsumerIsTheOneOfTheHighestPriority) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"),
                                             .exclusive = true,
                                             .arguments = {{"x-single-active-consumer", true}}});
  channel.call(Consume{.queue = queue, .consumer_tag = "1"});
  channel.call(Consume{.queue = queue, .consumer_tag = "2"});
  channel.call(
      Consume{.queue = queue, .consumer_tag = "3", .arguments = {{"x-priority", std::int32_t{1}}}});
  for (const std::string_view expected : {"1", "3", "2"}) {
    channel.put(queue, "body");
    EXPECT_EQ(channel.expect_delivery().consumer_tag, expected);
    channel.call(Cancel{.consumer_tag = expected});
  }
}

TEST_P(ConsumerTurns, WithASingleActiveConsumerNobodyIsExclusive) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("queue"),
                                             .exclusive = true,
                                             .arguments = {{"x-single-active-consumer", true}}});
  channel.send(Consume{.queue = queue, .exclusive = true});
  channel.expect_closed(
      403, fmt::format("ACCESS_REFUSED - queue '{}' in vhost '/' in exclusive use", queue),
      Consume::kId);
}

TEST_P(ConsumerTurns, SingleActiveConsumerIsABooleanThatARedeclarationRepeats) {
  WireClient& client = connect();
  const std::string queue = unique("queue");
  WireChannel channel = open_channel(client, 1);
  channel.send(Declare{
      .queue = queue, .exclusive = true, .arguments = {{"x-single-active-consumer", "yes"}}});
  channel.expect_closed(406, invalid("x-single-active-consumer", queue, "longstr"), Declare::kId);
  const Declare single{
      .queue = queue, .exclusive = true, .arguments = {{"x-single-active-consumer", true}}};
  channel = open_channel(client, 2);
  channel.call(single);
  channel.call(single);
  channel.send(Declare{.queue = queue, .exclusive = true});
  channel.expect_closed(406,
                        inequivalent("x-single-active-consumer", "queue", queue, "none",
                                     "the value 'true' of type 'bool'"),
                        Declare::kId);
}

}  // namespace
}  // namespace bb::test
