// Connections, channels and what the broker refuses, against a real broker. Every client test
// passes on RabbitMQ, which is the reference, and on `bb serve`.

#include "client_test_support.h"

namespace bb::client {
namespace {

using testing::HasSubstr;
using testing::Not;

INSTANTIATE_TEST_SUITE_P(Brokers, Client, testing::Values("bb", "rabbitmq"),
                         [](const auto& each) { return std::string(each.param); });

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

}  // namespace
}  // namespace bb::client
