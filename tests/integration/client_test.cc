// The whole of the client against a real broker. Every test passes on RabbitMQ, which is
// the reference, and on `bb serve`.
#include <fmt/core.h>

#include <set>

#include "client_test_support.h"

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

INSTANTIATE_TEST_SUITE_P(Brokers, Client, testing::Values("bb", "rabbitmq"),
                         [](const auto& each) { return std::string(each.param); });

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

BROKER_TEST(CallsInFlightAreAnsweredInOrder) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  Channel& channel = bench->channel;
  const std::string first = unique("first");
  const std::string second = unique("second");
  auto declare_first = channel.declare_queue(first, temporary());
  auto declare_second = channel.declare_queue(second, temporary());
  auto purge = channel.purge_queue(first);
  auto get = channel.get(second, true);
  const auto second_info = co_await std::move(declare_second);
  const auto first_info = co_await std::move(declare_first);
  CO_ASSERT_OK(first_info);
  CO_ASSERT_OK(second_info);
  EXPECT_EQ(first_info->name, first);
  EXPECT_EQ(second_info->name, second);
  EXPECT_EQ(co_await std::move(purge), 0u);
  CO_ASSERT_OK(co_await std::move(get));
}

BROKER_TEST(AnErrorClosesTheChannelAndNothingElse) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto channel = co_await bench->connection.open_channel();
  CO_ASSERT_OK(channel);
  Error told{ErrorCode::kFailure, {}};
  channel->on_closed([&](const Error& error) { told = error; });
  auto failing = channel->get("no.such.queue", true);
  auto behind = channel->purge_queue(bench->queue);
  const auto got = co_await std::move(failing);
  EXPECT_FAILS(got, ErrorCode::kNotFound);
  EXPECT_EQ(got.error().message, "NOT_FOUND - no queue 'no.such.queue' in vhost '/'");
  EXPECT_FAILS(co_await std::move(behind), ErrorCode::kNotFound);
  EXPECT_FAILS(co_await channel->purge_queue(bench->queue), ErrorCode::kNotFound);
  EXPECT_FAILS(channel->publish(message_to(bench->queue, "x")), ErrorCode::kNotFound);
  EXPECT_FAILS(co_await channel->close(), ErrorCode::kNotFound);
  EXPECT_FALSE(channel->is_open());
  EXPECT_EQ(channel->failure(), got.error());
  EXPECT_EQ(told, got.error());

  auto next = co_await bench->connection.open_channel();
  CO_ASSERT_OK(next);
  EXPECT_EQ(co_await ready_count(*next, bench->queue), 0u);
  EXPECT_EQ(co_await ready_count(bench->channel, bench->queue), 0u);
}

BROKER_TEST(DeclaringAnExchangeDifferentlyIsRefused) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string name = unique("exchange");
  ExchangeOptions topic;
  CO_ASSERT_OK(co_await bench->channel.declare_exchange(name, topic));
  ExchangeOptions fanout;
  fanout.type = "fanout";
  EXPECT_FAILS(co_await bench->channel.declare_exchange(name, fanout),
               ErrorCode::kPreconditionFailed);
  auto next = co_await bench->connection.open_channel();
  CO_ASSERT_OK(next);
  ExchangeOptions ask;
  ask.passive = true;
  CO_ASSERT_OK(co_await next->declare_exchange(name, ask));
  CO_ASSERT_OK(co_await next->delete_exchange(name, /*if_unused=*/true));
  EXPECT_FAILS(co_await next->declare_exchange(name, ask), ErrorCode::kNotFound);
}

BROKER_TEST(ARefusalNobodyWaitedForIsTheErrorOfALaterCall) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  ExchangeOptions options;
  options.type = "fanout";
  options.no_wait = true;
  CO_ASSERT_OK(co_await bench->channel.declare_exchange("amq.topic", options));
  EXPECT_FAILS(co_await bench->channel.publish_and_wait(message_to(bench->queue, "x")),
               ErrorCode::kPreconditionFailed);
}

BROKER_TEST(PublishingToNoExchangeFailsWhoWaitsForConfirms) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto message = message_to("key", "x");
  message.exchange = "no.such.exchange";
  EXPECT_FAILS(co_await bench->channel.publish_and_wait(message), ErrorCode::kNotFound);
  EXPECT_FAILS(co_await bench->channel.wait_unconfirmed_at_most(0), ErrorCode::kNotFound);
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

BROKER_TEST(TheChannelsOfAConnectionAreLimited) {
  url.channel_max = 2;
  auto connection = co_await connect(url);
  CO_ASSERT_OK(connection);
  auto first = co_await connection->open_channel();
  auto second = co_await connection->open_channel();
  CO_ASSERT_OK(first);
  CO_ASSERT_OK(second);
  EXPECT_FAILS(co_await connection->open_channel(), ErrorCode::kNotAllowed);
  CO_ASSERT_OK(co_await first->close());
  CO_ASSERT_OK(co_await first->close());
  EXPECT_FALSE(first->is_open());
  EXPECT_EQ(first->failure().message, "");
  EXPECT_FAILS(co_await first->set_prefetch(1), ErrorCode::kClosed);
  auto third = co_await connection->open_channel();
  CO_ASSERT_OK(third);
  CO_ASSERT_OK(co_await third->set_prefetch(1));
}

BROKER_TEST(AWrongPasswordIsRefusedWithoutQuotingIt) {
  url.password = "s3cret-typo";
  const auto connection = co_await connect(url);
  EXPECT_FAILS(connection, ErrorCode::kAccessRefused);
  EXPECT_THAT(connection.error().message, HasSubstr("user 'guest'"));
  EXPECT_THAT(connection.error().message, Not(HasSubstr("s3cret")));
}

BROKER_TEST(AnUnknownVirtualHostIsNotAllowed) {
  url.vhost = "nowhere";
  const auto connection = co_await connect(url);
  EXPECT_FAILS(connection, ErrorCode::kNotAllowed);
  EXPECT_THAT(connection.error().message, HasSubstr("'nowhere'"));
}

BROKER_TEST(ServerPropertiesSayWhatTheBrokerIs) {
  const auto connection = co_await connect(url);
  CO_ASSERT_OK(connection);
  EXPECT_NE(connection->server_properties().find("product"), nullptr);
  EXPECT_NE(connection->server_properties().find("capabilities"), nullptr);
}

BROKER_TEST(ClosingSendsWhatWasPublishedBefore) {
  constexpr std::uint32_t kMessages = 2000;
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string queue = unique("kept");
  {
    auto publisher = co_await connect(url);
    CO_ASSERT_OK(publisher);
    auto channel = co_await publisher->open_channel();
    CO_ASSERT_OK(channel);
    CO_ASSERT_OK(channel->enable_confirms());
    QueueOptions options;
    options.durable = true;
    CO_ASSERT_OK(co_await channel->declare_queue(queue, options));
    bool told = false;
    publisher->on_closed([&](const Error&) { told = true; });
    const std::string body(5000, 'x');
    for (std::uint32_t number = 0; number < kMessages; ++number) {
      CO_ASSERT_OK(channel->publish(message_to(queue, body)));
    }
    auto pending = channel->wait_unconfirmed_at_most(0);
    co_await publisher->close();
    EXPECT_FALSE(publisher->is_open());
    EXPECT_EQ(publisher->failure().message, "");
    EXPECT_EQ(channel->failure().message, "");
    EXPECT_FAILS(channel->publish(message_to(queue, body)), ErrorCode::kClosed);
    if (channel->unconfirmed_count() > 0) {
      EXPECT_FAILS(co_await std::move(pending), ErrorCode::kClosed);
    }
    EXPECT_FALSE(told);
    co_await publisher->close();
  }
  while (co_await ready_count(bench->channel, queue) < kMessages) co_await pause();
  EXPECT_EQ(co_await bench->channel.delete_queue(queue), kMessages);
}

// With heartbeats of a second a broker gives a silent client up after two or three.
BROKER_TEST(HeartbeatsKeepAnIdleConnectionOpen) {
  url.heartbeat_seconds = 1;
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  std::chrono::seconds(4));
  co_await timer.async_wait(boost::asio::use_awaitable);
  EXPECT_TRUE(bench->connection.is_open()) << bench->connection.failure().message;
  EXPECT_EQ(co_await ready_count(bench->channel, bench->queue), 0u);
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
