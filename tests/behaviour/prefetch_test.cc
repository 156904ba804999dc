// basic.qos: how many messages may be unacknowledged.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::basic::Qos;

class PrefetchTest : public BehaviourTest {
 protected:
  // An exclusive queue with the messages "1" to `count`.
  std::string filled_queue(WireChannel channel, int count) {
    const std::string queue = channel.declare_exclusive();
    for (int i = 1; i <= count; ++i) channel.put(queue, std::to_string(i));
    return queue;
  }

  // Acknowledges so many deliveries one by one; `taken` has the tags of the consumers.
  void expect_all_to_take(WireChannel channel, int count, std::map<std::string, int> taken) {
    for (int i = 0; i < count; ++i) {
      const Delivery delivery = channel.expect_delivery();
      ++taken[std::string(delivery.consumer_tag)];
      channel.ack(delivery.tag);
    }
    for (const auto& [tag, times] : taken) EXPECT_GT(times, 0) << tag;
  }
};

using PrefetchBehaviour = PrefetchTest;
INSTANTIATE_TEST_SUITE_P(, PrefetchBehaviour, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(PrefetchBehaviour, AConsumerGetsNoMoreThanItsPrefetch) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 5);
  channel.call(Qos{.prefetch_count = 2});
  channel.consume(queue);
  const Delivery first = channel.expect_delivery_of("1");
  channel.expect_delivery_of("2");
  channel.expect_nothing(queue);
  channel.ack(first.tag);
  channel.expect_delivery_of("3");
  channel.expect_nothing(queue);
}

TEST_P(PrefetchBehaviour, EveryConsumerHasItsOwn) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 5);
  channel.call(Qos{.prefetch_count = 1});
  const std::string first = channel.consume(queue);
  EXPECT_EQ(channel.expect_delivery_of("1").consumer_tag, first);
  const std::string second = channel.consume(queue);
  EXPECT_EQ(channel.expect_delivery_of("2").consumer_tag, second);
  channel.expect_nothing(queue);
}

TEST_P(PrefetchBehaviour, ItHoldsForConsumersMadeLater) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  channel.consume(queue);
  for (const std::string_view body : {"1", "2", "3"}) channel.expect_delivery_of(body);
  channel.call(Qos{.prefetch_count = 1});
  channel.put(queue, "4");
  channel.expect_delivery_of("4");
}

TEST_P(PrefetchBehaviour, ZeroIsUnlimited) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  channel.call(Qos{.prefetch_count = 1});
  channel.call(Qos{.prefetch_count = 0});
  channel.consume(queue);
  for (const std::string_view body : {"1", "2", "3"}) channel.expect_delivery_of(body);
}

TEST_P(PrefetchBehaviour, GlobalIsSharedByTheConsumersOfAChannel) {
  WireChannel channel = connected_channel();
  const std::string first = filled_queue(channel, 2);
  const std::string second = filled_queue(channel, 2);
  channel.call(Qos{.prefetch_count = 3, .global = true});
  channel.consume(first);
  channel.expect_delivery_of("1");
  channel.expect_delivery_of("2");
  channel.consume(second);
  const Delivery third = channel.expect_delivery_of("1");
  channel.expect_nothing(second);
  channel.ack(third.tag);
  channel.expect_delivery_of("2");
}

TEST_P(PrefetchBehaviour, GlobalHoldsAtOnceForConsumersThatAreThere) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.consume(queue);
  channel.call(Qos{.prefetch_count = 1, .global = true});
  channel.put(queue, "1");
  channel.put(queue, "2");
  channel.expect_delivery_of("1");
  channel.expect_nothing(queue);
  channel.call(Qos{.prefetch_count = 2, .global = true});
  channel.expect_delivery_of("2");
}

TEST_P(PrefetchBehaviour, GlobalAndPerConsumerHoldTogether) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 6);
  channel.call(Qos{.prefetch_count = 2});
  channel.call(Qos{.prefetch_count = 3, .global = true});
  channel.consume(queue);
  channel.expect_delivery_of("1");
  channel.expect_delivery_of("2");
  channel.expect_nothing(queue);
  channel.consume(queue);
  channel.expect_delivery_of("3");
  channel.expect_nothing(queue);
}

TEST_P(PrefetchBehaviour, ConsumersTakeTurnsAtTheGlobalOne) {
  WireChannel channel = connected_channel();
  channel.call(Qos{.prefetch_count = 1, .global = true});
  std::map<std::string, int> taken;
  std::vector<std::string> queues;
  for (int i = 0; i < 3; ++i) {
    queues.push_back(channel.declare_exclusive());
    taken[channel.consume(queues.back())] = 0;
  }
  // RabbitMQ's turns are not even.
  for (const std::string& queue : queues) {
    for (int i = 0; i < 100; ++i) channel.publish("", queue, "body");
  }
  expect_all_to_take(channel, 99, std::move(taken));
}

TEST_P(PrefetchBehaviour, ConsumersOfOneQueueTakeTurnsAtTheGlobalOne) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(Qos{.prefetch_count = 1, .global = true});
  std::map<std::string, int> taken;
  for (int i = 0; i < 2; ++i) taken[channel.consume(queue)] = 0;
  for (int i = 0; i < 10; ++i) channel.publish("", queue, "body");
  expect_all_to_take(channel, 10, std::move(taken));
}

TEST_P(PrefetchBehaviour, WhoNeedNotAcknowledgeWaitsWithTheOthers) {
  WireChannel channel = connected_channel();
  const std::string acknowledged = filled_queue(channel, 1);
  const std::string unacknowledged = filled_queue(channel, 3);
  channel.call(Qos{.prefetch_count = 1, .global = true});
  const std::string first = channel.consume(acknowledged);
  const Delivery held = channel.expect_delivery();
  EXPECT_EQ(held.consumer_tag, first);
  channel.consume(unacknowledged, /*no_ack=*/true);
  channel.expect_nothing(unacknowledged);
  channel.ack(held.tag);
  for (const std::string_view body : {"1", "2", "3"}) channel.expect_delivery_of(body);
}

TEST_P(PrefetchBehaviour, OnePerConsumerLiftsTheGlobalOne) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  channel.call(Qos{.prefetch_count = 1, .global = true});
  channel.consume(queue);
  channel.expect_delivery_of("1");
  channel.expect_nothing(queue);
  channel.call(Qos{.prefetch_count = 1});
  channel.expect_delivery_of("2");
  channel.expect_delivery_of("3");
}

TEST_P(PrefetchBehaviour, WhatBasicGetGaveDoesNotCount) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  ASSERT_TRUE(channel.get(queue, /*no_ack=*/false));
  channel.call(Qos{.prefetch_count = 1});
  channel.consume(queue);
  channel.expect_delivery_of("2");
  channel.expect_nothing(queue);
}

TEST_P(PrefetchBehaviour, RejectingMakesRoomToo) {
  WireChannel channel = connected_channel();
  const std::string queue = filled_queue(channel, 3);
  channel.call(Qos{.prefetch_count = 1});
  channel.consume(queue);
  channel.send(amqp::basic::Reject{channel.expect_delivery_of("1").tag, /*requeue=*/false});
  channel.send(amqp::basic::Nack{channel.expect_delivery_of("2").tag});
  channel.expect_delivery_of("3");
}

TEST_P(PrefetchBehaviour, ASizeIsNotImplemented) {
  WireClient& client = connect();
  open_channel(client).send(Qos{.prefetch_size = 1024});
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - prefetch_size!=0 (1024)", Qos::kId);
}

}  // namespace
}  // namespace bb::test
