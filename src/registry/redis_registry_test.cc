#include "registry/redis_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "redis/test_redis.h"
#include "registry/test_services.h"

namespace bb::registry {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RedisRegistryTest : public testing::Test {
 protected:
  redis::ClientOptions options() const {
    redis::ClientOptions options;
    options.port = redis_.port();
    options.retry_pause = milliseconds(1);
    return options;
  }

  template <class T>
  Result<T> run(asio::awaitable<Result<T>> task) {
    std::optional<Result<T>> outcome;
    asio::co_spawn(
        context_, std::move(task), [&](const std::exception_ptr& exception, Result<T> result) {
          outcome = exception ? fail(ErrorCode::kFailure, "an exception") : std::move(result);
        });
    context_.restart();
    while (!outcome) context_.run_one();
    return *std::move(outcome);
  }
  // As a process of its own would.
  Result<void> put(const ServiceInstance& instance) {
    const auto one = make_redis_registry(context_.get_executor(), options());
    return run(one->put(instance));
  }
  std::vector<std::string> listed() {
    const auto list = run(registry_->list());
    if (!list) return {list.error().message};
    std::vector<std::string> texts;
    for (const RegisteredInstance& each : *list) {
      texts.push_back(fmt::format("{}/{} {}", each.instance.key.name, each.instance.pid,
                                  to_string(each.state)));
    }
    return texts;
  }
  template <class Condition>
  void wait_until(const Condition& condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), patience);
      context_.restart();
      context_.run_for(milliseconds(20));
    }
  }
  redis::Reply ask(redis::Command command) {
    redis::Client client(context_.get_executor(), options());
    auto reply = run(client.command(std::move(command)));
    EXPECT_TRUE(reply);
    return reply.value_or(redis::Reply());
  }

  redis::TestRedis redis_;
  asio::io_context context_{1};
  std::unique_ptr<Registry> registry_ = make_redis_registry(context_.get_executor(), options());
};

TEST_F(RedisRegistryTest, RegistersListsAndRemoves) {
  EXPECT_THAT(listed(), IsEmpty());
  ASSERT_TRUE(put(test_instance()));
  ASSERT_TRUE(put(test_instance("svc", 2)));
  ASSERT_TRUE(put(test_instance("other")));
  EXPECT_THAT(listed(), UnorderedElementsAre("svc/1 live", "svc/2 live", "other/1 live"));
  ASSERT_TRUE(put(stopped(test_instance("other"))));
  EXPECT_THAT(listed(), UnorderedElementsAre("svc/1 live", "svc/2 live", "other/1 stopped"));
  EXPECT_TRUE(run(registry_->remove(test_instance().key)));
  EXPECT_THAT(listed(), ElementsAre("other/1 stopped"));
  const auto again = run(registry_->remove(test_instance().key));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kNotFound);
}

TEST_F(RedisRegistryTest, GivesBackWhatItWasGiven) {
  ServiceInstance instance = test_instance();
  instance.key.vhost = "a/b c";
  instance.health_url = "http://here/";
  instance.expire = std::chrono::hours(1);
  ASSERT_TRUE(put(instance));
  const auto list = run(registry_->list());
  ASSERT_TRUE(list && list->size() == 1);
  EXPECT_EQ(list->front().instance, instance);
  EXPECT_TRUE(run(registry_->remove(instance.key)));
}

TEST_F(RedisRegistryTest, OneThatIsNotHeardOfIsGoneAndStays) {
  ServiceInstance instance = test_instance();
  instance.ttl = kTtlMin;
  ASSERT_TRUE(put(instance));
  wait_until([&] { return listed() == std::vector<std::string>{"svc/1 gone"}; });
  ASSERT_TRUE(put(instance));
  EXPECT_THAT(listed(), ElementsAre("svc/1 live"));
}

TEST_F(RedisRegistryTest, OneThatExpiresLeavesNothing) {
  ServiceInstance instance = test_instance();
  instance.ttl = kTtlMin;
  instance.expire = milliseconds(1);
  ASSERT_TRUE(put(instance));
  EXPECT_THAT(listed(), ElementsAre("svc/1 live"));
  wait_until([&] { return listed().empty(); });
  wait_until([&] {
    (void)listed();
    return ask({"DBSIZE"}).integer == 0;
  });
}

TEST_F(RedisRegistryTest, ANewInstanceTakesThePlaceOfThoseThatStopped) {
  for (std::int64_t pid = 1; pid <= 5; ++pid) {
    ASSERT_TRUE(put(test_instance("svc", pid)));
    ASSERT_TRUE(put(stopped(test_instance("svc", pid))));
  }
  ASSERT_TRUE(put(test_instance("svc", 6)));
  EXPECT_THAT(listed(), ElementsAre("svc/6 live"));
}

TEST_F(RedisRegistryTest, PassesOverWhatIsNotOurs) {
  ASSERT_TRUE(put(test_instance()));
  (void)ask({"SADD", "bloodbank:services", "nonsense"});
  (void)ask({"SET", "bloodbank:service:odd", "{}"});
  (void)ask({"SADD", "bloodbank:services", "odd"});
  EXPECT_THAT(listed(), ElementsAre("svc/1 live"));
}

TEST_F(RedisRegistryTest, HoldsNoMoreThanItMay) {
  redis::Command add{"SADD", "bloodbank:services"};
  for (int i = 0; i < 2000; ++i) add.push_back(fmt::format("x{}", i));
  (void)ask(add);
  const auto refused = put(test_instance());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceError);
  (void)listed();
  EXPECT_TRUE(put(test_instance())) << "what has no record is no instance";
}

TEST_F(RedisRegistryTest, SaysThatRedisIsAway) {
  ASSERT_TRUE(run(registry_->put(test_instance())));
  redis_.stop();
  const auto away = run(registry_->put(test_instance()));
  ASSERT_FALSE(away);
  redis_.start();
  wait_until([&] { return run(registry_->put(test_instance())).has_value(); });
  EXPECT_THAT(listed(), ElementsAre("svc/1 live")) << "it had forgotten all";
}

}  // namespace
}  // namespace bb::registry
