// Consuming and acknowledging, against a real broker.

#include "client_test_support.h"

namespace bb::client {
namespace {

using testing::ElementsAre;

BROKER_TEST(PrefetchBoundsWhatIsUnacked) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  for (const char* body : {"1", "2", "3", "4", "5"}) {
    CO_ASSERT_OK(co_await channel.publish_and_wait(message_to(bench->queue, body)));
  }
  CO_ASSERT_OK(co_await channel.set_prefetch(2));
  std::vector<std::string> bodies;
  std::vector<std::uint64_t> tags;
  const auto tag = co_await channel.consume(bench->queue, ConsumeOptions{}, [&](Delivery each) {
    EXPECT_FALSE(each.redelivered);
    bodies.push_back(each.body);
    tags.push_back(each.delivery_tag);
  });
  CO_ASSERT_OK(tag);
  EXPECT_FALSE(tag->empty());
  while (bodies.size() < 2) co_await pause();
  EXPECT_EQ(co_await ready_count(channel, bench->queue), 3u);

  CO_ASSERT_OK(channel.ack(tags[0]));
  while (bodies.size() < 3) co_await pause();
  EXPECT_EQ(co_await ready_count(channel, bench->queue), 2u);
  CO_ASSERT_OK(channel.ack(tags[2], /*multiple=*/true));
  while (bodies.size() < 5) co_await pause();
  EXPECT_THAT(bodies, ElementsAre("1", "2", "3", "4", "5"));
}

BROKER_TEST(AHandlerMayAckWithinItself) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  CO_ASSERT_OK(co_await channel.set_prefetch(1));
  int seen = 0;
  CO_ASSERT_OK(co_await channel.consume(bench->queue, ConsumeOptions{}, [&](Delivery delivery) {
    ++seen;
    EXPECT_TRUE(channel.ack(delivery.delivery_tag));
  }));
  for (int number = 0; number < 200; ++number) {
    CO_ASSERT_OK(channel.publish(message_to(bench->queue, "x")));
  }
  while (seen < 200) co_await pause();
}

BROKER_TEST(WhatIsRequeuedComesAgainMarkedRedelivered) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  CO_ASSERT_OK(co_await channel.publish_and_wait(message_to(bench->queue, "again")));
  std::vector<bool> redelivered;
  CO_ASSERT_OK(co_await channel.consume(bench->queue, ConsumeOptions{}, [&](Delivery delivery) {
    EXPECT_EQ(delivery.body, "again");
    redelivered.push_back(delivery.redelivered);
    const std::uint64_t tag = delivery.delivery_tag;
    Result<void> answered;
    if (redelivered.size() == 1) answered = channel.nack(tag, /*multiple=*/false, /*requeue=*/true);
    if (redelivered.size() == 2) answered = channel.reject(tag, /*requeue=*/true);
    EXPECT_TRUE(answered);
  }));
  while (redelivered.size() < 3) co_await pause();
  EXPECT_THAT(redelivered, ElementsAre(false, true, true));

  CO_ASSERT_OK(co_await channel.recover(/*requeue=*/true));
  while (redelivered.size() < 4) co_await pause();
  EXPECT_TRUE(redelivered.back());
}

BROKER_TEST(WhatIsRejectedIsGone) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  CO_ASSERT_OK(co_await channel.publish_and_wait(message_to(bench->queue, "bad")));
  const auto got = co_await channel.get(bench->queue, /*no_ack=*/false);
  CO_ASSERT_OK(got);
  CO_ASSERT(got->has_value());
  CO_ASSERT_OK(channel.reject((*got)->delivery_tag, /*requeue=*/false));
  const auto none = co_await channel.get(bench->queue, /*no_ack=*/false);
  CO_ASSERT_OK(none);
  EXPECT_FALSE(none->has_value());
}

BROKER_TEST(CountsWhatIsPurgedAndDeleted) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  for (int number = 0; number < 3; ++number) {
    CO_ASSERT_OK(co_await channel.publish_and_wait(message_to(bench->queue, "x")));
  }
  EXPECT_EQ(co_await channel.purge_queue(bench->queue), 3u);
  CO_ASSERT_OK(co_await channel.publish_and_wait(message_to(bench->queue, "x")));
  EXPECT_EQ(co_await channel.delete_queue(bench->queue), 1u);
}

BROKER_TEST(ACancelledConsumerGetsNothingMore) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  int seen = 0;
  ConsumeOptions options;
  options.consumer_tag = "mine";
  options.no_ack = true;
  const auto tag = co_await channel.consume(bench->queue, options, [&](Delivery) { ++seen; });
  CO_ASSERT_OK(tag);
  EXPECT_EQ(*tag, "mine");
  CO_ASSERT_OK(channel.publish(message_to(bench->queue, "first")));
  while (seen == 0) co_await pause();

  CO_ASSERT_OK(co_await channel.cancel("mine"));
  CO_ASSERT_OK(co_await channel.publish_and_wait(message_to(bench->queue, "second")));
  EXPECT_EQ(co_await ready_count(channel, bench->queue), 1u);
  EXPECT_EQ(seen, 1);
}

BROKER_TEST(AConsumerIsToldWhenItsQueueIsDeleted) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  bool cancelled = false;
  CO_ASSERT_OK(co_await bench->channel.consume(
      bench->queue, ConsumeOptions{}, [](Delivery) {}, [&] { cancelled = true; }));
  auto other = co_await bench->connection.open_channel();
  CO_ASSERT_OK(other);
  CO_ASSERT_OK(co_await other->delete_queue(bench->queue));
  while (!cancelled) co_await pause();
  EXPECT_TRUE(bench->channel.is_open());
}

// Messages wait in the queue, so they come right behind the answer to consume().
BROKER_TEST(DeliveriesRightBehindTheAnswerAreNotLost) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  for (int number = 0; number < 100; ++number) {
    CO_ASSERT_OK(bench->channel.publish(message_to(bench->queue, std::to_string(number))));
  }
  CO_ASSERT_OK(co_await bench->channel.wait_unconfirmed_at_most(0));
  int expected = 0;
  ConsumeOptions options;
  options.no_ack = true;
  CO_ASSERT_OK(co_await bench->channel.consume(bench->queue, options, [&](Delivery delivery) {
    EXPECT_EQ(delivery.body, std::to_string(expected++));
  }));
  while (expected < 100) co_await pause();
}

BROKER_TEST(AckingTwiceClosesTheChannel) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  CO_ASSERT_OK(bench->channel.ack(17));
  EXPECT_FAILS(co_await bench->channel.purge_queue(bench->queue), ErrorCode::kPreconditionFailed);
}

BROKER_TEST(AnExclusiveConsumerKeepsOthersOut) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  ConsumeOptions exclusive;
  exclusive.exclusive = true;
  CO_ASSERT_OK(co_await bench->channel.consume(bench->queue, exclusive, [](Delivery) {}));
  auto other = co_await bench->connection.open_channel();
  CO_ASSERT_OK(other);
  EXPECT_FAILS(co_await other->consume(bench->queue, ConsumeOptions{}, [](Delivery) {}),
               ErrorCode::kAccessRefused);
}

BROKER_TEST(AMessageAboveTheLimitClosesTheChannelAlone) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto options = options_for(url);
  options.body_bytes_max = 1000;
  auto small = co_await Connection::connect(options);
  CO_ASSERT_OK(small);
  auto channel = co_await small->open_channel();
  CO_ASSERT_OK(channel);
  QueueOptions temporary_queue = temporary();
  const auto queue = co_await channel->declare_queue("", temporary_queue);
  CO_ASSERT_OK(queue);
  const std::string body(300'000, 'x');
  CO_ASSERT_OK(channel->publish(message_to(queue->name, body)));
  EXPECT_FAILS(co_await channel->get(queue->name, true), ErrorCode::kContentTooLarge);
  auto next = co_await small->open_channel();
  CO_ASSERT_OK(next);
  EXPECT_EQ(co_await ready_count(*next, queue->name), 0u);
}

BROKER_TEST(AHandlerMayDestroyItsChannelAndItsConnection) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto connection = std::make_unique<Connection>(std::move(bench->connection));
  auto channel = std::make_unique<Channel>(std::move(bench->channel));
  bool called = false;
  for (int number = 0; number < 10; ++number) {
    CO_ASSERT_OK(channel->publish(message_to(bench->queue, "x")));
  }
  CO_ASSERT_OK(co_await channel->consume(bench->queue, ConsumeOptions{}, [&](Delivery) {
    EXPECT_FALSE(called);
    called = true;
    channel.reset();
    connection.reset();
  }));
  while (!called) co_await pause();
}

}  // namespace
}  // namespace bb::client
