// What quorum queues do with messages that come back.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

class QuorumQueue : public BehaviourTest {
 public:
  std::string declare_quorum(WireChannel& channel, amqp::FieldTable arguments = {}) {
    arguments.set("x-queue-type", "quorum");
    return channel.declare({.queue = unique("quorum"), .durable = true, .arguments = arguments});
  }
  // The header x-delivery-count; nothing: there is none.
  static std::optional<std::int64_t> count_of(const Delivery& delivery) {
    if (!delivery.properties.headers) return std::nullopt;
    const auto headers = *amqp::decode_table(*delivery.properties.headers);
    const auto* count = headers.find("x-delivery-count");
    return count == nullptr ? std::nullopt : count->as_integer();
  }
  void remove(WireChannel& channel, const std::string& queue) {
    channel.send(amqp::queue::Delete{.queue = queue, .no_wait = true});
  }
};
INSTANTIATE_TEST_SUITE_P(, QuorumQueue, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(QuorumQueue, TellsHowOftenAMessageCameBack) {
  WireChannel channel = connected_channel();
  const std::string queue = declare_quorum(channel);
  channel.consume(queue);
  channel.publish("", queue, "body", {.delivery_mode = amqp::kPersistent});
  Delivery delivery = channel.expect_delivery_of("body");
  EXPECT_EQ(count_of(delivery), std::nullopt);
  for (std::int64_t count = 1; count <= 3; ++count) {
    channel.send(amqp::basic::Nack{.delivery_tag = delivery.tag, .requeue = true});
    delivery = channel.expect_delivery_of("body");
    EXPECT_TRUE(delivery.redelivered);
    EXPECT_EQ(count_of(delivery), count);
  }
  channel.ack(delivery.tag);
  remove(channel, queue);
}

TEST_P(QuorumQueue, TellsGetFromTheFirstTime) {
  WireChannel channel = connected_channel();
  const std::string queue = declare_quorum(channel);
  channel.put(queue, "body");
  const Delivery delivery = channel.get_message(queue, /*no_ack=*/false);
  EXPECT_EQ(count_of(delivery), 0);
  EXPECT_FALSE(delivery.redelivered);
  remove(channel, queue);
}

TEST_P(QuorumQueue, WithASingleActiveConsumerTakesNoGet) {
  WireChannel channel = connected_channel();
  const std::string queue = declare_quorum(channel, {{"x-single-active-consumer", true}});
  channel.send(amqp::basic::Get{.queue = queue});
  channel.expect_closed(405,
                        "RESOURCE_LOCKED - cannot obtain access to locked queue '" + queue +
                            "' in vhost '/'. basic.get operations are not supported by quorum "
                            "queues with single active consumer",
                        amqp::basic::Get::kId);
  WireChannel other = open_channel(connect());
  remove(other, queue);
}

TEST_P(QuorumQueue, ANegativeDeliveryLimitIsNone) {
  WireChannel channel = connected_channel();
  const std::string queue = declare_quorum(channel, {{"x-delivery-limit", -1}});
  remove(channel, queue);
}

TEST_P(QuorumQueue, ClassicQueuesTellNothing) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.consume(queue);
  channel.publish("", queue, "body");
  const auto tag = channel.expect_delivery_of("body").tag;
  channel.send(amqp::basic::Reject{.delivery_tag = tag, .requeue = true});
  EXPECT_EQ(count_of(channel.expect_delivery_of("body")), std::nullopt);
}

TEST_P(QuorumQueue, AMessageThatComesBackTooOftenIsADeadLetter) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = declare_quorum(channel, {{"x-delivery-limit", 2},
                                                     {"x-dead-letter-exchange", ""},
                                                     {"x-dead-letter-routing-key", dead}});
  const std::string tag = channel.consume(queue);
  channel.consume(dead);
  channel.publish("", queue, "body");
  for (int delivered = 0; delivered < 3; ++delivered) {
    const Delivery delivery = channel.expect_delivery_of("body");
    EXPECT_EQ(delivery.consumer_tag, tag);
    channel.send(amqp::basic::Reject{.delivery_tag = delivery.tag, .requeue = true});
  }
  const Delivery last = channel.expect_delivery_of("body");
  EXPECT_NE(last.consumer_tag, tag);
  EXPECT_EQ(count_of(last), std::nullopt);
  const auto headers = *amqp::decode_table(*last.properties.headers);
  EXPECT_EQ(*headers.find("x-first-death-reason")->as_string(), "delivery_limit");
  remove(channel, queue);
}

TEST_P(QuorumQueue, ALimitOfNoneAllowsOneDelivery) {
  WireChannel channel = connected_channel();
  const std::string queue = declare_quorum(channel, {{"x-delivery-limit", 0}});
  channel.consume(queue);
  channel.publish("", queue, "one");
  channel.send(
      amqp::basic::Reject{.delivery_tag = channel.expect_delivery_of("one").tag, .requeue = true});
  channel.publish("", queue, "two");
  channel.expect_delivery_of("two");
  remove(channel, queue);
}

TEST_P(QuorumQueue, DeadLettersThatHaveToArriveDo) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "fanout");
  const std::string first = channel.declare_exclusive();
  const std::string second = channel.declare_exclusive();
  for (const std::string& dead : {first, second}) {
    channel.call(amqp::queue::Bind{.queue = dead, .exchange = exchange});
  }
  const std::string queue = declare_quorum(channel, {{"x-dead-letter-exchange", exchange},
                                                     {"x-dead-letter-strategy", "at-least-once"},
                                                     {"x-overflow", "reject-publish"}});
  channel.call(amqp::confirm::Select{});
  for (const char* body : {"1", "2"}) channel.publish("", queue, body);
  EXPECT_EQ(channel.expect_confirms(2).size(), 0u);
  for (int i = 0; i < 2; ++i) {
    channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  }
  for (const std::string& dead : {first, second}) {
    channel.consume(dead);
    const Delivery delivery = channel.expect_delivery_of("1");
    const auto headers = *amqp::decode_table(*delivery.properties.headers);
    EXPECT_EQ(*headers.find("x-first-death-reason")->as_string(), "rejected");
    EXPECT_EQ(*headers.find("x-first-death-queue")->as_string(), queue);
    channel.expect_delivery_of("2");
  }
  EXPECT_EQ(channel.message_count(queue), 0u);
  remove(channel, queue);
}

// Delayed retry is RabbitMQ 4.3's, and the one that is installed is older.
class DelayedRetry : public QuorumQueue {
 public:
  // A message that comes back and waits is there after one that is published only then.
  void expect_delay(std::string_view type, bool by_reject, bool delayed) {
    WireChannel channel = connected_channel();
    const std::string queue =
        declare_quorum(channel, {{"x-delayed-retry-type", type}, {"x-delayed-retry-min", 300}});
    channel.consume(queue);
    channel.publish("", queue, "first");
    const auto tag = channel.expect_delivery_of("first").tag;
    if (by_reject) {
      channel.send(amqp::basic::Reject{.delivery_tag = tag, .requeue = true});
    } else {
      channel.send(amqp::basic::Nack{.delivery_tag = tag, .requeue = true});
    }
    channel.publish("", queue, "second");
    if (delayed) channel.expect_delivery_of("second");
    const Delivery again = channel.expect_delivery_of("first");
    EXPECT_TRUE(again.redelivered);
    EXPECT_EQ(count_of(again), 1);
    if (!delayed) channel.expect_delivery_of("second");
    remove(channel, queue);
  }
};
INSTANTIATE_TEST_SUITE_P(, DelayedRetry, testing::Values("core", "bb"), broker_of);

TEST_P(DelayedRetry, OfAllThatComesBack) {
  expect_delay("all", /*by_reject=*/true, /*delayed=*/true);
  expect_delay("all", /*by_reject=*/false, /*delayed=*/true);
}

TEST_P(DelayedRetry, OfWhatFailed) {
  expect_delay("failed", /*by_reject=*/true, /*delayed=*/true);
  expect_delay("failed", /*by_reject=*/false, /*delayed=*/false);
}

TEST_P(DelayedRetry, OfWhatWasReturned) {
  expect_delay("returned", /*by_reject=*/true, /*delayed=*/false);
  expect_delay("returned", /*by_reject=*/false, /*delayed=*/true);
}

TEST_P(DelayedRetry, Disabled) {
  expect_delay("disabled", /*by_reject=*/true, /*delayed=*/false);
}

}  // namespace
}  // namespace bb::test
