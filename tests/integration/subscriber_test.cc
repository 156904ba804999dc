// A Subscriber: retries, dead letters, order, and a broker that comes and goes.
#include "client/subscriber.h"

#include <fmt/core.h>

#include <boost/asio/detached.hpp>
#include <map>
#include <set>

#include "client/failure_headers.h"
#include "client/failure_record.h"
#include "client_test_support.h"
#include "proxy.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr milliseconds kFirstTimeout{10'000};

SubscriberOptions subscriber_options(amqp::Url url, std::string exchange, QueueType type) {
  SubscriberOptions options;
  options.connector.urls = {std::move(url)};
  options.connector.connect.connection_name = "subscriber-test";
  options.exchange = exchange;
  options.patterns = {"test.#"};
  options.queue = service_queue(exchange, "svc");
  options.consumer = "svc@test:1";
  options.queue_type = type;
  options.retry.attempts_max = 3;
  options.retry.first = milliseconds(20);
  options.retry.factor = 2;
  return options;
}

// Runs a subscriber beside the test.
struct Running {
  Subscriber subscriber;
  std::optional<Result<void>> result;
};

awaitable<void> run_to_the_end(std::shared_ptr<Running> running) {
  running->result = co_await running->subscriber.run(kFirstTimeout);
}

awaitable<std::shared_ptr<Running>> start(SubscriberOptions options, Handler handler) {
  const auto executor = co_await asio::this_coro::executor;
  auto running = std::make_shared<Running>(
      Running{Subscriber(executor, std::move(options), std::move(handler)), {}});
  bool receives = false;
  running->subscriber.on_connection([&](const Error* lost) { receives |= lost == nullptr; });
  asio::co_spawn(executor, run_to_the_end(running), asio::detached);
  while (!receives && !running->result) co_await pause();
  running->subscriber.on_connection({});
  co_return running;
}

awaitable<void> stop(std::shared_ptr<Running> running) {
  running->subscriber.stop();
  while (!running->result) co_await pause();
  EXPECT_TRUE(*running->result);
}

awaitable<void> remove(Channel& channel, SubscriberOptions options) {
  const RetryPolicy& retry = options.retry;
  std::vector<std::string> queues{options.queue, options.queue + ".dlq"};
  for (const auto delay : retry.delays()) {
    queues.push_back(fmt::format("{}.retry.{}", options.queue, delay.count()));
  }
  for (const std::string& queue : queues) (void)co_await channel.delete_queue(queue);
  (void)co_await channel.delete_exchange(options.exchange, false);
}

OutgoingMessage event_of(std::string_view exchange, std::string_view key, std::string_view body) {
  OutgoingMessage message;
  message.exchange = exchange;
  message.routing_key = key;
  message.body = body;
  message.properties.message_id = body;
  message.properties.delivery_mode = 2;
  return message;
}

awaitable<Result<Confirm>> publish_event(Channel& channel, std::string exchange, std::string key,
                                         std::string body) {
  const OutgoingMessage message = event_of(exchange, key, body);
  co_return co_await channel.publish_and_wait(message);
}

awaitable<void> handles_and_acknowledges(amqp::Url url, QueueType type) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const auto options = subscriber_options(url, unique("handled"), type);
  std::map<std::string, int> seen;
  // Named: of a closure in a co_await expression g++ 12 destroys two.
  Handler handler = [&](Attempt attempt) -> awaitable<Handled> {
    ++seen[attempt.delivery->body];
    EXPECT_EQ(attempt.number, 1u);
    co_return Handled::done();
  };
  const auto running = co_await start(options, handler);
  constexpr int kEvents = 1000;
  for (int i = 0; i < kEvents; ++i) {
    const std::string body = std::to_string(i);
    CO_ASSERT_OK(bench->channel.publish(event_of(options.exchange, "test.a", body)));
  }
  CO_ASSERT_OK(co_await bench->channel.wait_unconfirmed_at_most(0));
  while (running->subscriber.counts().handled < kEvents) co_await pause();
  co_await stop(running);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kEvents));
  // All acknowledged: nothing comes back when the consumer has gone.
  EXPECT_EQ(co_await ready_count(bench->channel, options.queue), 0u);
  co_await remove(bench->channel, options);
}

BROKER_TEST(ASubscriberHandlesAndAcknowledges) {
  co_await handles_and_acknowledges(url, QueueType::kClassic);
}
BROKER_TEST(ASubscriberOfAQuorumQueueHandlesAndAcknowledges) {
  co_await handles_and_acknowledges(url, QueueType::kQuorum);
}

BROKER_TEST(ASubscriberTriesAgainAndThenDeadLetters) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const auto options = subscriber_options(url, unique("retried"), QueueType::kClassic);
  std::vector<std::size_t> attempts_of_bad;
  std::vector<std::size_t> attempts_of_slow;
  Handler handler = [&](Attempt attempt) -> awaitable<Handled> {
    EXPECT_EQ(attempt.exchange, options.exchange);
    EXPECT_EQ(attempt.routing_key, "test." + attempt.delivery->body);
    if (attempt.delivery->body == "bad") {
      attempts_of_bad.push_back(attempt.number);
      co_return Handled::failed("it is\nbad");
    }
    attempts_of_slow.push_back(attempt.number);
    if (attempt.number == 1) throw std::runtime_error("not yet");
    if (attempt.number == 2) throw 2;  // a failure all the same
    co_return Handled::done();
  };
  const auto running = co_await start(options, handler);
  CO_ASSERT_OK(co_await publish_event(bench->channel, options.exchange, "test.bad", "bad"));
  CO_ASSERT_OK(co_await publish_event(bench->channel, options.exchange, "test.slow", "slow"));
  while (running->subscriber.counts().handled < 1 ||
         running->subscriber.counts().dead_lettered < 1) {
    co_await pause();
  }
  co_await stop(running);
  EXPECT_THAT(attempts_of_bad, ElementsAre(1, 2, 3));
  EXPECT_THAT(attempts_of_slow, ElementsAre(1, 2, 3));
  EXPECT_EQ(co_await ready_count(bench->channel, options.queue), 0u);

  const auto got = co_await bench->channel.get(options.queue + ".dlq", /*no_ack=*/true);
  CO_ASSERT_OK(got);
  CO_ASSERT(got->has_value());
  EXPECT_EQ((**got).body, "bad");
  const auto properties = (**got).properties();
  EXPECT_EQ(properties.message_id, "bad");
  CO_ASSERT(properties.headers.has_value());
  const auto headers = amqp::decode_table(*properties.headers);
  CO_ASSERT_OK(headers);
  EXPECT_EQ(*headers->find(kFailedQueueHeader), options.queue);
  EXPECT_EQ(*headers->find(kFailedExchangeHeader), options.exchange);
  EXPECT_EQ(*headers->find(kFailedRoutingKeyHeader), "test.bad");
  EXPECT_EQ(headers->find(kAttemptsHeader)->as_integer(), 3);
  EXPECT_EQ(*headers->find(kErrorHeader), "it is bad");
  EXPECT_EQ(*headers->find(kConsumerHeader), "svc@test:1");
  EXPECT_EQ(*headers->find(kReasonHeader), kReasonAttempts);
  CO_ASSERT(headers->find(kFirstFailedAtHeader) && headers->find(kFailedAtHeader));
  EXPECT_TRUE(parse_rfc3339(*headers->find(kFailedAtHeader)->as_string()));
  EXPECT_LT(*headers->find(kFirstFailedAtHeader)->as_string(),
            *headers->find(kFailedAtHeader)->as_string());
  EXPECT_EQ(headers->find("x-death"), nullptr);
  co_await remove(bench->channel, options);
}

BROKER_TEST(WhatIsUnreadableOrRejectedIsADeadLetterAtOnce) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const auto options = subscriber_options(url, unique("rejected"), QueueType::kClassic);
  Handler handler = [&](Attempt attempt) -> awaitable<Handled> {
    EXPECT_EQ(attempt.number, 1u);
    co_return attempt.delivery->body == "{" ? Handled::unreadable("no JSON")
                                            : Handled::rejected("gone");
  };
  const auto running = co_await start(options, handler);
  for (const std::string_view body : {"{", "410"}) {
    CO_ASSERT_OK(
        co_await publish_event(bench->channel, options.exchange, "test.x", std::string(body)));
    while (co_await ready_count(bench->channel, options.queue + ".dlq") == 0) co_await pause();
    const auto got = co_await bench->channel.get(options.queue + ".dlq", /*no_ack=*/true);
    CO_ASSERT(got && *got);
    const auto headers = amqp::decode_table(*(**got).properties().headers);
    CO_ASSERT_OK(headers);
    EXPECT_EQ(*headers->find(kReasonHeader), body == "{" ? kReasonUnreadable : kReasonRejected);
  }
  co_await stop(running);
  co_await remove(bench->channel, options);
}

BROKER_TEST(ASubscriberWithAnOrderKeepsItWhileOneIsTriedAgain) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto options = subscriber_options(url, unique("ordered"), QueueType::kClassic);
  options.order_key = [](const Delivery& delivery) { return delivery.body.substr(0, 1); };
  std::map<char, std::vector<std::string>> done;
  std::set<std::string> failed_once;
  std::set<char> at_work;
  Handler handler = [&](Attempt attempt) -> awaitable<Handled> {
    const std::string& body = attempt.delivery->body;
    EXPECT_TRUE(at_work.insert(body[0]).second) << "two of one key at a time";
    co_await pause();
    at_work.erase(body[0]);
    if (body.ends_with("7") && failed_once.insert(body).second) co_return Handled::failed("7");
    done[body[0]].push_back(body);
    co_return Handled::done();
  };
  const auto running = co_await start(options, handler);
  for (int i = 0; i < 30; ++i) {
    for (const char key : {'a', 'b', 'c'}) {
      const std::string body = fmt::format("{}{:02}", key, i);
      CO_ASSERT_OK(bench->channel.publish(event_of(options.exchange, "test.x", body)));
    }
  }
  while (running->subscriber.counts().handled < 90) co_await pause();
  co_await stop(running);
  for (const auto& [key, bodies] : done) {
    EXPECT_EQ(bodies.size(), 30u) << key;
    EXPECT_TRUE(std::ranges::is_sorted(bodies)) << key;
  }
  co_await remove(bench->channel, options);
}

BROKER_TEST(ASubscriberComesBackAfterEachLostConnection) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const auto executor = co_await asio::this_coro::executor;
  const auto proxy = Proxy::listen(executor, url);
  const auto options = subscriber_options(proxy->url(), unique("lost"), QueueType::kClassic);
  std::map<std::string, int> seen;
  Handler handler = [&](Attempt attempt) -> awaitable<Handled> {
    co_await pause();
    ++seen[attempt.delivery->body];
    co_return Handled::done();
  };
  const auto running = co_await start(options, handler);
  constexpr int kEvents = 2000;
  for (int i = 0; i < kEvents; ++i) {
    const std::string body = std::to_string(i);
    CO_ASSERT_OK(bench->channel.publish(event_of(options.exchange, "test.a", body)));
    if (i % 20 == 0) co_await pause();
    if (i % 400 == 200) proxy->cut();
  }
  while (seen.size() < kEvents) co_await pause();
  co_await stop(running);
  EXPECT_EQ(co_await ready_count(bench->channel, options.queue), 0u);
  EXPECT_GE(proxy->accepted(), kEvents / 400);
  co_await remove(bench->channel, options);
}

BROKER_TEST(ASubscriberThatStopsEndsWhatItHasBegunAndLeavesTheRest) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  auto options = subscriber_options(url, unique("stopped"), QueueType::kClassic);
  options.concurrency = 2;
  bool go_on = false;
  int begun = 0;
  int ended = 0;
  Handler handler = [&](Attempt) -> awaitable<Handled> {
    ++begun;
    while (!go_on) co_await pause();
    ++ended;
    co_return Handled::done();
  };
  const auto running = co_await start(options, handler);
  for (int i = 0; i < 10; ++i) {
    CO_ASSERT_OK(bench->channel.publish(event_of(options.exchange, "test.a", std::to_string(i))));
  }
  while (begun < 2) co_await pause();
  running->subscriber.stop();
  for (int i = 0; i < 20; ++i) co_await pause();
  EXPECT_FALSE(running->result);
  go_on = true;
  co_await stop(running);
  EXPECT_EQ(begun, 2);
  EXPECT_EQ(ended, 2);
  while (co_await ready_count(bench->channel, options.queue) < 8) co_await pause();
  co_await remove(bench->channel, options);
}

BROKER_TEST(ASubscriberWithOtherSettingsThanItsQueueIsToldHowTheyDiffer) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const auto options = subscriber_options(url, unique("other"), QueueType::kClassic);
  QueueOptions other;
  other.arguments = {{"x-max-length", 5}};
  CO_ASSERT_OK(co_await bench->channel.declare_queue(options.queue, other));
  Subscriber subscriber(co_await asio::this_coro::executor, options,
                        [](Attempt) -> awaitable<Handled> { co_return Handled::done(); });
  const auto refused = co_await subscriber.run(kFirstTimeout);
  EXPECT_FAILS(refused, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(refused.error().message, HasSubstr("x-max-length"));
  EXPECT_THAT(refused.error().message, HasSubstr("bb queues delete"));
  co_await remove(bench->channel, options);
}

BROKER_TEST(ASubscriberWhoseQueueIsDeletedDeclaresItAnew) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const auto options = subscriber_options(url, unique("deleted"), QueueType::kClassic);
  int handled = 0;
  Handler handler = [&](Attempt) -> awaitable<Handled> {
    ++handled;
    co_return Handled::done();
  };
  const auto running = co_await start(options, handler);
  std::optional<Error> lost;
  bool is_back = false;
  running->subscriber.on_connection([&](const Error* error) {
    if (error != nullptr) lost = *error;
    if (error == nullptr && lost) is_back = true;
  });
  CO_ASSERT_OK(co_await bench->channel.delete_queue(options.queue));
  while (!is_back) co_await pause();
  EXPECT_THAT(lost->message, HasSubstr("was deleted"));
  CO_ASSERT_OK(co_await publish_event(bench->channel, options.exchange, "test.a", "1"));
  while (handled == 0) co_await pause();
  running->subscriber.on_connection({});
  co_await stop(running);
  co_await remove(bench->channel, options);
}

}  // namespace
}  // namespace bb::client
