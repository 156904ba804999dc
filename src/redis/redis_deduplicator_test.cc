#include "redis/redis_deduplicator.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "redis/test_redis.h"

namespace bb::redis {
namespace {

namespace asio = boost::asio;
using client::Claim;
using std::chrono::milliseconds;

class RedisDeduplicatorTest : public testing::Test {
 protected:
  std::unique_ptr<RedisDeduplicator> open(milliseconds lease = milliseconds(30'000)) {
    RedisDeduplicatorOptions options;
    options.client.port = server.port();
    options.client.retry_pause = milliseconds(0);
    options.prefix = "bloodbank:handled:queue:";
    options.window = milliseconds(60'000);
    options.lease = lease;
    return std::make_unique<RedisDeduplicator>(context.get_executor(), options);
  }

  template <class T>
  T run(asio::awaitable<T> task) {
    std::optional<T> value;
    asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& thrown, T result) {
      EXPECT_FALSE(thrown);
      value = std::move(result);
    });
    context.restart();
    while (!value && context.run_one() > 0) {
    }
    return *std::move(value);
  }
  void run_for(milliseconds time) {
    context.restart();
    context.run_for(time);
  }
  Claim claim(RedisDeduplicator& events, const std::string& id) {
    const auto claimed = run(events.claim(id));
    EXPECT_TRUE(claimed) << claimed.error().message;
    return claimed.value_or(Claim::kBusy);
  }
  Reply ask(Command command) {
    ClientOptions options;
    options.port = server.port();
    Client client(context.get_executor(), options);
    return run(client.command(std::move(command))).value();
  }

  TestRedis server;
  asio::io_context context;
};

TEST_F(RedisDeduplicatorTest, WhatIsDoneIsDoneForAllAndForTheWindow) {
  const auto one = open();
  const auto two = open();
  EXPECT_EQ(claim(*one, "a"), Claim::kNew);
  EXPECT_TRUE(run(one->done("a")));
  EXPECT_EQ(claim(*one, "a"), Claim::kDone);
  EXPECT_EQ(claim(*two, "a"), Claim::kDone);
  const std::int64_t left_ms = ask({"PTTL", "bloodbank:handled:queue:a"}).integer;
  EXPECT_GT(left_ms, 0);
  EXPECT_LE(left_ms, 60'000);
}

TEST_F(RedisDeduplicatorTest, WhatIsClaimedIsBusyUntilItIsReleased) {
  const auto one = open();
  const auto two = open();
  EXPECT_EQ(claim(*one, "a"), Claim::kNew);
  EXPECT_EQ(claim(*two, "a"), Claim::kBusy);
  EXPECT_EQ(claim(*one, "a"), Claim::kBusy) << "another copy of it, in the same process";
  EXPECT_EQ(claim(*two, "b"), Claim::kNew);
  EXPECT_TRUE(run(two->release("a"))) << "nobody's but the owner's to give up";
  EXPECT_EQ(claim(*two, "a"), Claim::kBusy);
  EXPECT_TRUE(run(one->release("a")));
  EXPECT_EQ(claim(*two, "a"), Claim::kNew);
}

TEST_F(RedisDeduplicatorTest, AClaimOfOneThatDiedRunsOut) {
  auto dead = open(milliseconds(50));
  EXPECT_EQ(claim(*dead, "a"), Claim::kNew);
  dead.reset();
  const auto other = open();
  while (claim(*other, "a") == Claim::kBusy) run_for(milliseconds(10));
  EXPECT_EQ(claim(*other, "a"), Claim::kBusy) << "it is its own now";
}

TEST_F(RedisDeduplicatorTest, AClaimIsRenewedWhileItIsHeld) {
  const auto one = open(milliseconds(1500));
  const auto two = open();
  EXPECT_EQ(claim(*one, "a"), Claim::kNew);
  for (int i = 0; i < 20; ++i) {
    run_for(milliseconds(100));
    ASSERT_EQ(claim(*two, "a"), Claim::kBusy);
  }
}

TEST_F(RedisDeduplicatorTest, WithoutAnAnswerNothingIsClaimed) {
  const auto events = open();
  server.stop();
  EXPECT_FALSE(run(events->claim("a")));
  server.start();
  EXPECT_EQ(claim(*events, "a"), Claim::kNew);
}

}  // namespace
}  // namespace bb::redis
