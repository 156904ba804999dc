// A Publisher before a broker that comes and goes: a proxy lets it.
#include "client/publisher.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "client_test_support.h"
#include "proxy.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

PublisherOptions publisher_options(std::vector<amqp::Url> urls, std::string exchange) {
  PublisherOptions options;
  options.connector.urls = std::move(urls);
  options.connector.connect.connection_name = "publisher-test";
  options.exchange = std::move(exchange);
  options.exchange_options.auto_delete = false;
  options.exchange_options.durable = false;
  return options;
}

// Lists in braces are for functions that are no coroutines: g++ 12 has no place for their array.
PublisherOptions publisher_options(const amqp::Url& url, std::string exchange) {
  return publisher_options(std::vector<amqp::Url>{url}, std::move(exchange));
}
std::vector<amqp::Url> both(const amqp::Url& first, const amqp::Url& second) {
  return {first, second};
}

OutgoingMessage message_of(std::string_view key, std::string_view body) {
  OutgoingMessage message;
  message.routing_key = key;
  message.body = body;
  message.properties.message_id = body;
  return message;
}

asio::awaitable<Outcome> publish_one(Publisher& publisher, std::string key, std::string body) {
  const OutgoingMessage message = message_of(key, body);
  co_return co_await publisher.publish_and_wait(message);
}

// A queue that is bound to an exchange for everything; both go with it.
struct Sink {
  Workbench bench;
  std::string exchange;
};

asio::awaitable<Result<Sink>> make_sink(amqp::Url url) {
  auto bench = co_await set_up(url);
  if (!bench) co_return fail(bench.error());
  const std::string exchange = unique("publisher");
  ExchangeOptions options;
  options.durable = false;
  if (auto done = co_await bench->channel.declare_exchange(exchange, options); !done) {
    co_return fail(done.error());
  }
  if (auto done = co_await bench->channel.bind_queue(bench->queue, exchange, "#"); !done) {
    co_return fail(done.error());
  }
  co_return Sink{*std::move(bench), exchange};
}

asio::awaitable<void> remove(Sink& sink) {
  const auto gone = co_await sink.bench.channel.delete_exchange(sink.exchange, false);
  EXPECT_TRUE(gone);
}

// All that is in the queue.
asio::awaitable<std::vector<std::string>> drain(Sink& sink) {
  std::vector<std::string> bodies;
  for (;;) {
    auto got = co_await sink.bench.channel.get(sink.bench.queue, /*no_ack=*/true);
    if (!got || !*got) co_return bodies;
    bodies.push_back(std::move((**got).body));
  }
}

BROKER_TEST(APublisherSettlesEachMessage) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  Publisher publisher(executor, publisher_options(url, sink->exchange));
  std::map<std::uint64_t, int> settled;
  publisher.on_settled([&](std::uint64_t number, const Outcome& outcome) {
    EXPECT_TRUE(outcome && *outcome == Kept::kInQueue);
    ++settled[number];
  });
  constexpr std::uint64_t kMessages = 5000;
  for (std::uint64_t i = 1; i <= kMessages; ++i) {
    const auto number = publisher.publish(message_of("a.b.c", std::to_string(i)));
    CO_ASSERT_OK(number);
    EXPECT_EQ(*number, i);
  }
  co_await publisher.flush();
  EXPECT_EQ(publisher.unsettled_count(), 0u);
  EXPECT_EQ(settled.size(), kMessages);
  EXPECT_EQ(co_await ready_count(sink->bench.channel, sink->bench.queue), kMessages);
  CO_ASSERT_OK(co_await publisher.close(milliseconds(10'000)));
  EXPECT_FAILS(publisher.publish(message_of("a.b.c", "late")), ErrorCode::kClosed);
  co_await remove(*sink);
}

BROKER_TEST(APublisherTellsWhatNoQueueReceived) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  CO_ASSERT_OK(co_await sink->bench.channel.unbind_queue(sink->bench.queue, sink->exchange, "#"));
  CO_ASSERT_OK(co_await sink->bench.channel.bind_queue(sink->bench.queue, sink->exchange, "a.*"));
  const auto executor = co_await asio::this_coro::executor;
  Publisher publisher(executor, publisher_options(url, sink->exchange));
  const auto lost = co_await publish_one(publisher, "b.c", "1");
  EXPECT_FAILS(lost, ErrorCode::kNoRoute);
  EXPECT_THAT(lost.error().message, HasSubstr("'b.c'"));
  CO_ASSERT_OK(co_await publish_one(publisher, "a.c", "2"));
  co_await remove(*sink);
}

BROKER_TEST(APublisherRepeatsWhatALostConnectionHadUnderWay) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  const auto proxy = Proxy::listen(executor, url);
  Publisher publisher(executor, publisher_options(proxy->url(), sink->exchange));
  std::map<std::uint64_t, int> settled;
  publisher.on_settled([&](std::uint64_t number, const Outcome& outcome) {
    EXPECT_TRUE(outcome) << outcome.error().message;
    ++settled[number];
  });
  constexpr int kMessages = 6000;
  constexpr int kCutEvery = 1000;
  for (int i = 0; i < kMessages; ++i) {
    CO_ASSERT_OK(publisher.publish(message_of("a.b", fmt::format("{:05}", i))));
    if (i % 50 == 0) co_await pause();
    if (i % kCutEvery == kCutEvery / 2) proxy->cut();
  }
  co_await publisher.flush();
  EXPECT_GE(proxy->accepted(), kMessages / kCutEvery);
  EXPECT_EQ(settled.size(), static_cast<std::size_t>(kMessages));
  for (const auto& [number, times] : settled) EXPECT_EQ(times, 1) << number;
  // Each is there; the first of each in the order of publishing.
  std::vector<std::string> first;
  std::set<std::string> seen;
  for (std::string& body : co_await drain(*sink)) {
    if (seen.insert(body).second) first.push_back(std::move(body));
  }
  EXPECT_EQ(first.size(), static_cast<std::size_t>(kMessages));
  EXPECT_TRUE(std::ranges::is_sorted(first));
  co_await remove(*sink);
}

BROKER_TEST(APublisherFindsTheMessageThatTheBrokerDoesNotLike) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  Publisher publisher(executor, publisher_options(url, sink->exchange));
  std::map<std::uint64_t, Outcome> settled;
  publisher.on_settled(
      [&](std::uint64_t number, const Outcome& outcome) { settled.emplace(number, outcome); });
  for (int i = 1; i <= 100; ++i) {
    const std::string body = std::to_string(i);
    OutgoingMessage message = message_of("a.b", body);
    // Nobody's name but one's own: the broker closes the channel with 406.
    if (i == 42 || i == 77) message.properties.user_id = "somebody else";
    CO_ASSERT_OK(publisher.publish(message));
  }
  co_await publisher.flush();
  CO_ASSERT(settled.size() == 100u);
  for (const auto& [number, became] : settled) {
    if (number == 42 || number == 77) {
      EXPECT_FAILS(became, ErrorCode::kPreconditionFailed);
    } else {
      EXPECT_TRUE(became) << number << ": " << became.error().message;
    }
  }
  CO_ASSERT_OK(co_await publish_one(publisher, "a.b", "after it"));
  co_await remove(*sink);
}

BROKER_TEST(APublisherWithASpoolKeepsWhatNoBrokerTakes) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  const auto proxy = Proxy::listen(executor, url);
  proxy->refuse(true);
  std::string folder = (std::filesystem::temp_directory_path() / "bb-spool-XXXXXX").string();
  CO_ASSERT(::mkdtemp(folder.data()) != nullptr);
  auto options = publisher_options(proxy->url(), sink->exchange);
  options.spool = folder + "/spool";
  options.spool_after = milliseconds(50);
  {
    Publisher publisher(executor, options);
    for (const std::string body : {"1", "2"}) {
      const auto kept = co_await publish_one(publisher, "a.b", body);
      EXPECT_TRUE(kept && *kept == Kept::kInSpool) << body;
    }
    proxy->refuse(false);
    CO_ASSERT_OK(co_await publisher.wait_connected(milliseconds(30'000)));
    const auto sent = co_await publish_one(publisher, "a.b", "3");
    EXPECT_TRUE(sent && *sent == Kept::kInQueue);
    EXPECT_THAT(co_await drain(*sink), ElementsAre("1", "2", "3"));
    // What is not confirmed at the end is kept too, and sent by the next.
    proxy->stall(true);
    CO_ASSERT_OK(publisher.publish(message_of("a.b", "4")));
    EXPECT_FAILS(co_await publisher.close(milliseconds(50)), ErrorCode::kTimeout);
    proxy->stall(false);
    proxy->cut();
  }
  Publisher next(executor, options);
  // Before that, the spool would be the place for it.
  CO_ASSERT_OK(co_await next.wait_connected(milliseconds(30'000)));
  CO_ASSERT_OK(co_await publish_one(next, "a.b", "5"));
  auto bodies = co_await drain(*sink);
  // The broker may have had it before.
  if (bodies.size() == 3) bodies.erase(bodies.begin());
  EXPECT_THAT(bodies, ElementsAre("4", "5"));
  co_await remove(*sink);
  std::filesystem::remove_all(folder);
}

BROKER_TEST(APublisherOfAnExchangeOfAnotherTypeIsTold) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  auto options = publisher_options(url, sink->exchange);
  options.exchange_options.type = "fanout";
  Publisher publisher(co_await asio::this_coro::executor, options);
  const auto refused = co_await publish_one(publisher, "a.b", "1");
  EXPECT_FAILS(refused, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(refused.error().message, HasSubstr("type"));
  co_await remove(*sink);
}

BROKER_TEST(APublisherBeforeAStalledBrokerHoldsNoMoreThanItsBound) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  const auto proxy = Proxy::listen(executor, url);
  auto options = publisher_options(proxy->url(), sink->exchange);
  options.unsettled_bytes_max = 4 << 20;
  Publisher publisher(executor, options);
  CO_ASSERT_OK(co_await publisher.wait_connected(milliseconds(10'000)));
  proxy->stall(true);
  const std::string body(10'000, 'x');
  OutgoingMessage message;
  message.routing_key = "a.b";
  message.body = body;
  std::size_t taken = 0;
  while (publisher.publish(message)) {
    ++taken;
    if (taken % 10 == 0) co_await pause();
    CO_ASSERT(taken < 1000);
  }
  EXPECT_EQ(taken, (4u << 20) / 10'005);
  EXPECT_FAILS(publisher.publish(message), ErrorCode::kResourceError);
  EXPECT_FALSE(publisher.is_ready(body.size()));
  proxy->stall(false);
  co_await publisher.ready(2 * body.size());
  CO_ASSERT_OK(publisher.publish(message));
  co_await publisher.flush();
  EXPECT_EQ(co_await ready_count(sink->bench.channel, sink->bench.queue), taken + 1);
  co_await remove(*sink);
}

BROKER_TEST(APublisherThatClosesWaitsForConfirmsForSoLong) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  const auto proxy = Proxy::listen(executor, url);
  Publisher publisher(executor, publisher_options(proxy->url(), sink->exchange));
  CO_ASSERT_OK(co_await publisher.wait_connected(milliseconds(10'000)));
  proxy->stall(true);
  std::vector<Outcome> outcomes;
  publisher.on_settled([&](std::uint64_t, const Outcome& outcome) { outcomes.push_back(outcome); });
  const std::string body(100'000, 'x');
  OutgoingMessage message;
  message.body = body;
  for (int i = 0; i < 100; ++i) CO_ASSERT_OK(publisher.publish(message));
  EXPECT_FAILS(co_await publisher.close(milliseconds(50)), ErrorCode::kTimeout);
  CO_ASSERT(outcomes.size() == 100u);
  for (const auto& became : outcomes) EXPECT_FAILS(became, ErrorCode::kClosed);
  proxy->stall(false);
  co_await remove(*sink);
}

BROKER_TEST(APublisherGoesToTheNextUrlThatAnswers) {
  auto sink = co_await make_sink(url);
  CO_ASSERT_OK(sink);
  const auto executor = co_await asio::this_coro::executor;
  auto first = Proxy::listen(executor, url);
  auto second = Proxy::listen(executor, url);
  const auto options = publisher_options(both(first->url(), second->url()), sink->exchange);
  Publisher publisher(executor, options);
  CO_ASSERT_OK(co_await publish_one(publisher, "a.b", "1"));
  EXPECT_EQ(second->accepted(), 0);
  first.reset();
  CO_ASSERT_OK(co_await publish_one(publisher, "a.b", "2"));
  EXPECT_EQ(second->accepted(), 1);

  Publisher late(executor, options);
  CO_ASSERT_OK(co_await publish_one(late, "a.b", "3"));
  EXPECT_EQ(second->accepted(), 2);
  EXPECT_EQ(co_await ready_count(sink->bench.channel, sink->bench.queue), 3u);
  co_await remove(*sink);
}

BROKER_TEST(APublisherWithoutABrokerSaysWhy) {
  const auto executor = co_await asio::this_coro::executor;
  auto proxy = Proxy::listen(executor, url);
  const auto nobody = proxy->url();
  proxy.reset();
  Publisher publisher(executor, publisher_options(nobody, unique("nowhere")));
  int failures = 0;
  publisher.on_connection([&](const Error* lost) {
    EXPECT_NE(lost, nullptr);
    ++failures;
  });
  CO_ASSERT_OK(publisher.publish(message_of("a.b", "kept until there is one")));
  const auto connected = co_await publisher.wait_connected(milliseconds(300));
  EXPECT_FAILS(connected, ErrorCode::kUnreachable);
  EXPECT_THAT(connected.error().message, HasSubstr(std::to_string(nobody.port)));
  EXPECT_GT(failures, 1);
  EXPECT_EQ(publisher.unsettled_count(), 1u);
}

}  // namespace
}  // namespace bb::client
