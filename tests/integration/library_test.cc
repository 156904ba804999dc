// What the library's own Publisher does beside publishing: records links, explains dead ends.
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "bloodbank/publisher.h"
#include "bloodbank/subscriber.h"
#include "client_test_support.h"
#include "correlation/redis_format.h"
#include "correlation/test_redis_engine.h"
#include "registry/redis_registry.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using correlation::RedisEngine;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr milliseconds kPatience{30'000};
constexpr const char* kServiceQueues[] = {".greeter", ".greeter.dlq"};

std::string url_text(const amqp::Url& url) {
  return "amqp://" + url.user + ":" + url.password + "@" + url.host + ":" +
         std::to_string(url.port) + "/" + (url.vhost == "/" ? "" : url.vhost);
}

// Of the broker with this URL: beside the file with the URL.
std::string management_url(const amqp::Url& url) {
  for (const char* const name : {"BB_TEST_BB_URL_FILE", "BB_TEST_RABBITMQ_URL_FILE"}) {
    const char* const path = std::getenv(name);
    if (path == nullptr) continue;
    std::string text;
    std::ifstream(path) >> text;
    const auto parsed = amqp::parse_url(text);
    if (!parsed || parsed->port != url.port) continue;
    std::string management;
    std::ifstream(std::string(path) + ".http") >> management;
    return management;
  }
  return "";
}

bb::PublisherConfig config_for(const amqp::Url& url, std::string exchange) {
  PublisherConfig config;
  config.urls = std::vector<std::string>{url_text(url)};
  config.exchange = std::move(exchange);
  return config;
}

Envelope event_caused_by(const std::vector<Uuid>& parents) {
  Envelope event = new_event("library.test.event", "{}");
  event.correlation_ids = parents;
  return event;
}

// The links of a chain, as a store reads them.
void expect_chain(std::uint16_t port, const std::vector<Uuid>& chain) {
  RedisEngine::User user(port);
  const auto graph = user.walk(chain.back(), correlation::Direction::kAncestors);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->events.size(), chain.size());
}

BROKER_TEST(TheLibrarysPublisherRecordsLinks) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string exchange = unique("library");
  redis::TestRedis redis;
  PublisherConfig config = config_for(url, exchange);
  config.links.host = "127.0.0.1";
  config.links.port = redis.port();
  auto publisher = bb::Publisher::start(std::move(config));
  CO_ASSERT_OK(publisher);
  CO_ASSERT_OK(publisher->wait_connected(kPatience));
  const auto bound = co_await bench->channel.bind_queue(bench->queue, exchange, "#");
  CO_ASSERT_OK(bound);
  std::vector<Uuid> chain;
  for (int i = 0; i < 20; ++i) {
    std::vector<Uuid> parents;
    if (!chain.empty()) parents.push_back(chain.back());
    const Envelope event = event_caused_by(parents);
    chain.push_back(event.event_id);
    CO_ASSERT_OK(publisher->publish(event));
  }
  CO_ASSERT_OK(publisher->close(kPatience));
  EXPECT_FAILS(publisher->wait_connected(kPatience), ErrorCode::kClosed);
  expect_chain(redis.port(), chain);
  const auto gone = co_await bench->channel.delete_exchange(exchange, false);
  EXPECT_TRUE(gone);
}

BROKER_TEST(ALinkThatRedisDoesNotTakeIsToldAndFailsNothing) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string exchange = unique("library");
  redis::TestRedis redis;
  redis.stop();
  PublisherConfig config = config_for(url, exchange);
  config.links.host = "127.0.0.1";
  config.links.port = redis.port();
  std::mutex mutex;
  std::vector<std::string> told;
  config.on_links_missing = [&](const Error& error) {
    const std::lock_guard lock(mutex);
    told.push_back(error.message);
  };
  auto publisher = bb::Publisher::start(std::move(config));
  CO_ASSERT_OK(publisher);
  CO_ASSERT_OK(publisher->wait_connected(kPatience));
  const auto bound = co_await bench->channel.bind_queue(bench->queue, exchange, "#");
  CO_ASSERT_OK(bound);
  const Envelope event = event_caused_by(std::vector<Uuid>(1, Uuid::v4()));
  for (int i = 0; i < 3; ++i) CO_ASSERT_OK(publisher->publish(event));
  CO_ASSERT_OK(publisher->close(kPatience));
  CO_ASSERT(told.size() == 1);
  EXPECT_THAT(told.front(), HasSubstr("what caused 3 events"));
  EXPECT_THAT(told.front(), HasSubstr("bb link " + event.event_id.to_string()));
  const auto gone = co_await bench->channel.delete_exchange(exchange, false);
  EXPECT_TRUE(gone);
}

BROKER_TEST(AnEventWithoutAQueueIsToldWhichNearlyMatch) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  // Not one that a broker keeps a history of.
  const std::string exchange = unique("library");
  PublisherConfig config = config_for(url, exchange);
  config.management_url = management_url(url);
  auto publisher = bb::Publisher::start(std::move(config));
  CO_ASSERT_OK(publisher);
  CO_ASSERT_OK(publisher->wait_connected(kPatience));
  const auto bound =
      co_await bench->channel.bind_queue(bench->queue, exchange, "library.test.events");
  CO_ASSERT_OK(bound);
  const bb::Publisher::Outcome unrouted = publisher->publish(event_caused_by({}));
  CO_ASSERT(!unrouted);
  EXPECT_EQ(unrouted.error().code, ErrorCode::kNoRoute);
  EXPECT_THAT(unrouted.error().message, HasSubstr("'library.test.event'"));
  EXPECT_THAT(unrouted.error().message, HasSubstr("nearly matches the queue '" + bench->queue +
                                                  "' by 'library.test.events'"));
  CO_ASSERT_OK(publisher->close(kPatience));

  PublisherConfig unreachable = config_for(url, exchange);
  unreachable.management_url = "http://127.0.0.1:1";
  auto other = bb::Publisher::start(std::move(unreachable));
  CO_ASSERT_OK(other);
  const bb::Publisher::Outcome plain = other->publish(event_caused_by({}));
  CO_ASSERT(!plain);
  EXPECT_EQ(plain.error().code, ErrorCode::kNoRoute);
  EXPECT_THAT(plain.error().message, Not(HasSubstr("nearly")));
  CO_ASSERT_OK(other->close(kPatience));
  const auto gone = co_await bench->channel.delete_exchange(exchange, false);
  EXPECT_TRUE(gone);
}

// What the registry in that Redis knows of a service.
std::optional<registry::RegisteredInstance> find_service(std::uint16_t port,
                                                         const std::string& service) {
  RedisEngine::User user(port);
  redis::ClientOptions options;
  options.port = port;
  const auto registry = registry::make_redis_registry(user.context.get_executor(), options);
  const auto all = user.run(registry->list());
  if (!all) return std::nullopt;
  for (const auto& each : *all) {
    if (each.instance.key.name == service) return each;
  }
  return std::nullopt;
}

BROKER_TEST(TheLibrarysSubscriberIsRegisteredAndRemembersInRedis) {
  auto bench = co_await set_up(url);
  CO_ASSERT_OK(bench);
  const std::string exchange = unique("library");
  redis::TestRedis redis;
  SubscriberConfig config;
  config.urls = std::vector<std::string>{url_text(url)};
  config.exchange = exchange;
  config.service = "greeter";
  config.patterns = std::vector<std::string>{"library.#"};
  config.registry.host = config.deduplicate_redis.host = "127.0.0.1";
  config.registry.port = config.deduplicate_redis.port = redis.port();
  config.version = "7.1";
  std::atomic<int> handled = 0;
  auto subscriber = bb::Subscriber::create(config, [&](const Event&) {
    ++handled;
    return Handling::done();
  });
  CO_ASSERT_OK(subscriber);
  std::optional<Result<void>> ended;
  std::thread running([&] { ended = subscriber->run(); });
  std::optional<registry::RegisteredInstance> found;
  while (!(found = find_service(redis.port(), "greeter"))) co_await pause();
  EXPECT_EQ(found->instance.version, "7.1");
  EXPECT_EQ(found->instance.queue, exchange + ".greeter");
  EXPECT_FALSE(found->instance.stopped);

  auto publisher = bb::Publisher::start(config_for(url, exchange));
  CO_ASSERT_OK(publisher);
  const Envelope event = event_caused_by({});
  const Envelope other = event_caused_by({});
  CO_ASSERT_OK(publisher->publish(event));
  CO_ASSERT_OK(publisher->publish(event));
  CO_ASSERT_OK(publisher->publish(other));
  while (handled < 2) co_await pause();
  CO_ASSERT_OK(publisher->close(kPatience));
  subscriber->stop();
  running.join();
  EXPECT_TRUE(ended && *ended);
  EXPECT_EQ(handled, 2) << "what came twice is handled once";
  found = find_service(redis.port(), "greeter");
  EXPECT_TRUE(found && found->instance.stopped);
  for (const char* const suffix : kServiceQueues) {
    const auto deleted = co_await bench->channel.delete_queue(exchange + suffix, false, false);
    EXPECT_TRUE(deleted);
  }
  const auto gone = co_await bench->channel.delete_exchange(exchange, false);
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace bb::client
