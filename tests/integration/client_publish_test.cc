// Publishing, confirms and returns, against a real broker.
#include <fmt/core.h>

#include <set>

#include "client_test_support.h"

namespace bb::client {
namespace {

using testing::ElementsAre;

BROKER_TEST(RoutesByTopicAndDeliversEveryByte) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  const std::string exchange = unique("topic");
  ExchangeOptions exchange_options;
  exchange_options.auto_delete = true;
  CO_ASSERT_OK(co_await channel.declare_exchange(exchange, exchange_options));
  CO_ASSERT_OK(co_await channel.bind_queue(bench->queue, exchange, "voice.*.done"));

  OutgoingMessage message;
  message.exchange = exchange;
  message.routing_key = "voice.call.done";
  const std::string headers = amqp::encode_table_content({{"trace", "abc"}, {"attempt", 3}});
  message.properties.content_type = "application/json";
  message.properties.delivery_mode = 2;
  message.properties.message_id = "m-1";
  message.properties.headers = as_bytes(headers);
  const std::string body("\x00{\"a\":1.10}\xCE\xFF", 13);
  message.body = body;
  const auto confirm = co_await channel.publish_and_wait(message);
  CO_ASSERT_OK(confirm);
  EXPECT_EQ(confirm->sequence, 1u);
  EXPECT_FALSE(confirm->nacked || confirm->returned);

  const auto got = co_await channel.get(bench->queue, /*no_ack=*/true);
  CO_ASSERT_OK(got);
  CO_ASSERT(got->has_value());
  const Delivery& delivery = **got;
  EXPECT_EQ(delivery.exchange, exchange);
  EXPECT_EQ(delivery.routing_key, "voice.call.done");
  EXPECT_EQ(delivery.body, body);
  const auto properties = delivery.properties();
  EXPECT_EQ(properties.content_type, "application/json");
  EXPECT_EQ(properties.delivery_mode, 2);
  EXPECT_EQ(properties.message_id, "m-1");
  CO_ASSERT(properties.headers.has_value());
  const auto table = amqp::decode_table(*properties.headers);
  CO_ASSERT_OK(table);
  EXPECT_EQ(*table->find("trace"), "abc");
  EXPECT_EQ(table->find("attempt")->as_integer(), 3);

  message.routing_key = "voice.call.started";
  const auto unroutable = co_await channel.publish_and_wait(message);
  CO_ASSERT_OK(unroutable);
  EXPECT_TRUE(unroutable->returned);
  EXPECT_EQ(unroutable->return_text, "NO_ROUTE");

  CO_ASSERT_OK(co_await channel.unbind_queue(bench->queue, exchange, "voice.*.done"));
}

BROKER_TEST(ConfirmsTenThousandMessagesInFlight) {
  constexpr std::uint64_t kMessages = 10'000;
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  std::set<std::uint64_t> confirmed;
  bench->channel.on_confirm([&](const Confirm& confirm) {
    EXPECT_FALSE(confirm.nacked || confirm.returned);
    EXPECT_TRUE(confirmed.insert(confirm.sequence).second) << "twice: " << confirm.sequence;
  });
  for (std::uint64_t number = 1; number <= kMessages; ++number) {
    const std::string body = fmt::format("message {}", number);
    const auto sequence = bench->channel.publish(message_to(bench->queue, body));
    CO_ASSERT_OK(sequence);
    EXPECT_EQ(*sequence, number);
  }
  CO_ASSERT_OK(co_await bench->channel.wait_unconfirmed_at_most(0));
  EXPECT_EQ(confirmed.size(), kMessages);
  EXPECT_EQ(bench->channel.unconfirmed_count(), 0u);
  EXPECT_EQ(co_await ready_count(bench->channel, bench->queue), kMessages);
}

// Every third message has no queue. `identify` sets what tells them apart.
boost::asio::awaitable<void> returns_match(amqp::Url url, bool with_message_id) {
  constexpr std::uint64_t kMessages = 1'000;
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string nowhere = unique("nowhere");
  std::set<std::uint64_t> returned;
  bench->channel.on_confirm([&](const Confirm& confirm) {
    EXPECT_NE(confirm.sequence, 0u);
    if (confirm.returned) returned.insert(confirm.sequence);
  });
  std::set<std::uint64_t> unroutable;
  for (std::uint64_t number = 1; number <= kMessages; ++number) {
    const std::string text = fmt::format("m-{}", number);
    auto message = message_to(number % 3 == 0 ? nowhere : bench->queue, text);
    if (with_message_id) {
      message.properties.message_id = text;
      message.body = "the same";
    }
    message.properties.delivery_mode = 2;
    CO_ASSERT_OK(bench->channel.publish(message));
    if (number % 3 == 0) unroutable.insert(number);
  }
  CO_ASSERT_OK(co_await bench->channel.wait_unconfirmed_at_most(0));
  EXPECT_EQ(returned, unroutable);
}
BROKER_TEST(ReturnsMatchTheirMessagesByMessageId) {
  co_await returns_match(url, /*with_message_id=*/true);
}
BROKER_TEST(ReturnsMatchTheirMessagesByBody) {
  co_await returns_match(url, /*with_message_id=*/false);
}

// The routing key is the same for all, and the queue comes and goes.
BROKER_TEST(ReturnsMatchWhileBindingsChange) {
  constexpr int kRounds = 50;
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  const std::string exchange = unique("changing");
  ExchangeOptions options;
  options.durable = false;
  CO_ASSERT_OK(co_await channel.declare_exchange(exchange, options));
  std::set<std::uint64_t> returned;
  channel.on_confirm([&](const Confirm& confirm) {
    if (confirm.returned) returned.insert(confirm.sequence);
  });
  std::set<std::uint64_t> unroutable;
  for (int round = 0; round < kRounds; ++round) {
    for (int number = 0; number < 4; ++number) {
      OutgoingMessage message;
      const std::string id = fmt::format("{}-{}", round, number);
      message.exchange = exchange;
      message.routing_key = "key";
      message.properties.message_id = id;
      const auto sequence = channel.publish(message);
      CO_ASSERT_OK(sequence);
      if (round % 2 == 0) unroutable.insert(*sequence);
    }
    if (round % 2 == 0) {
      CO_ASSERT_OK(co_await channel.bind_queue(bench->queue, exchange, "key"));
    } else {
      CO_ASSERT_OK(co_await channel.unbind_queue(bench->queue, exchange, "key"));
    }
  }
  CO_ASSERT_OK(co_await channel.wait_unconfirmed_at_most(0));
  EXPECT_EQ(returned, unroutable);
  CO_ASSERT_OK(co_await channel.delete_exchange(exchange, /*if_unused=*/false));
}

BROKER_TEST(UnroutableWithoutMandatoryIsConfirmed) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto message = message_to("no such queue", "x");
  message.mandatory = false;
  const auto confirm = co_await bench->channel.publish_and_wait(message);
  CO_ASSERT_OK(confirm);
  EXPECT_FALSE(confirm->returned);
}

BROKER_TEST(WithoutConfirmsAReturnHasNoSequence) {
  auto connection = co_await connect(url);
  CO_ASSERT_OK(connection);
  auto channel = co_await connection->open_channel();
  CO_ASSERT_OK(channel);
  std::vector<std::uint64_t> returned;
  channel->on_confirm([&](const Confirm& confirm) {
    EXPECT_TRUE(confirm.returned);
    returned.push_back(confirm.sequence);
  });
  CO_ASSERT_OK(channel->publish(message_to("no such queue", "x")));
  while (returned.empty()) co_await pause();
  EXPECT_THAT(returned, ElementsAre(0u));
}

BROKER_TEST(BigAndEmptyBodiesComeBackWhole) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  std::string big(5'000'000, '\0');
  for (std::size_t index = 0; index < big.size(); ++index) {
    big[index] = static_cast<char>((index * 31) >> 3);
  }
  for (const std::string& body : {big, std::string()}) {
    CO_ASSERT_OK(co_await bench->channel.publish_and_wait(message_to(bench->queue, body)));
    const auto got = co_await bench->channel.get(bench->queue, true);
    CO_ASSERT_OK(got);
    CO_ASSERT(got->has_value());
    EXPECT_TRUE((*got)->body == body) << "of " << body.size() << " bytes";
  }
}

BROKER_TEST(PublishesInBulkWithinBounds) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string body(50'000, 'x');
  for (int number = 0; number < 400; ++number) {
    CO_ASSERT_OK(co_await bench->channel.writable());
    CO_ASSERT_OK(bench->channel.publish(message_to(bench->queue, body)));
    CO_ASSERT_OK(co_await bench->channel.wait_unconfirmed_at_most(100));
    EXPECT_LE(bench->channel.unconfirmed_count(), 100u);
  }
  CO_ASSERT_OK(co_await bench->channel.wait_unconfirmed_at_most(0));
  EXPECT_EQ(co_await ready_count(bench->channel, bench->queue), 400u);
}

BROKER_TEST(PublishingToNoExchangeFailsWhoWaitsForConfirms) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto message = message_to("key", "x");
  message.exchange = "no.such.exchange";
  EXPECT_FAILS(co_await bench->channel.publish_and_wait(message), ErrorCode::kNotFound);
  EXPECT_FAILS(co_await bench->channel.wait_unconfirmed_at_most(0), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace bb::client
