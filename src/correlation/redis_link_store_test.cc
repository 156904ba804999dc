#include "correlation/redis_link_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "correlation/redis_format.h"
#include "correlation/test_names.h"
#include "correlation/test_redis_engine.h"

namespace bb::correlation {
namespace {

class RedisLinkStoreTest : public testing::Test {
 protected:
  redis::Reply command(redis::Command words) {
    auto reply = user.run(user.client->command(std::move(words)));
    EXPECT_TRUE(reply) << reply.error().message;
    return reply.value_or(redis::Reply());
  }

  RedisEngine engine;
  RedisEngine::User user{engine.server.port()};
  Names names;
};

TEST_F(RedisLinkStoreTest, WritesTheKeysOfTheWireContractWithTheirTimeToLive) {
  const Link link = names.link("child", "first second", 1'700'000'000);
  ASSERT_TRUE(user.record({link}));
  EXPECT_EQ(command({"DBSIZE"}).integer, 3);
  const std::string forward = forward_key(link.child);
  EXPECT_EQ(command({"GET", forward}).text, write_forward_value(link));
  EXPECT_EQ(command({"TTL", forward}).integer, 30 * 24 * 60 * 60);
  for (const Uuid& parent : link.parents) {
    const redis::Reply members = command({"SMEMBERS", reverse_key(parent)});
    ASSERT_EQ(members.items.size(), 1U);
    EXPECT_EQ(members.items[0].text, link.child.to_string());
    EXPECT_EQ(command({"TTL", reverse_key(parent)}).integer, 30 * 24 * 60 * 60);
  }
}

TEST_F(RedisLinkStoreTest, KeysOfALinkAreWrittenInOneTransaction) {
  // A key of another type fails its command; a transaction runs the others all the same, and a
  // pipeline without one would look no different. So it is counted what the server ran.
  ASSERT_TRUE(user.record({names.link("b", "a"), names.link("c", "a b")}));
  const std::string stats = command({"INFO", "commandstats"}).text;
  EXPECT_THAT(stats, testing::HasSubstr("cmdstat_multi:calls=1,"));
  EXPECT_THAT(stats, testing::HasSubstr("cmdstat_exec:calls=1,"));
  EXPECT_THAT(stats, testing::HasSubstr("cmdstat_setex:calls=2,"));
}

TEST_F(RedisLinkStoreTest, WhatTheServerRefusesIsAnError) {
  command({"SET", reverse_key(names["a"]), "no set"});
  const auto recorded = user.record({names.link("b", "a")});
  ASSERT_FALSE(recorded);
  EXPECT_THAT(recorded.error().message, testing::HasSubstr("WRONGTYPE"));
}

TEST_F(RedisLinkStoreTest, WhatIsNoIdIsSteppedOver) {
  ASSERT_TRUE(user.record({names.link("b", "a")}));
  command({"SADD", reverse_key(names["a"]), "not an id"});
  command({"SET", forward_key(names["a"]), "not json"});
  const auto graph = user.walk(names["a"], Direction::kConnected);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(names.events(*graph), "a b");
}

TEST_F(RedisLinkStoreTest, WhatCannotBeReadIsLeftAsItIs) {
  command({"SET", forward_key(names["a"]), "not json"});
  const auto added = user.run(user.store().add(names.link("a", "b")));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, testing::HasSubstr(forward_key(names["a"])));
  EXPECT_EQ(command({"GET", forward_key(names["a"])}).text, "not json");
}

TEST_F(RedisLinkStoreTest, WalksWithoutScriptsWhereTheyAreNotAllowed) {
  std::vector<Link> links;
  for (int i = 1; i <= 20; ++i) {
    links.push_back(names.link(std::to_string(i), std::to_string(i - 1), i));
    links.push_back(names.link("leaf " + std::to_string(i), "", i));
    links.back().parents = {names[std::to_string(i)]};
  }
  ASSERT_TRUE(user.record(links));
  command({"ACL", "SETUSER", "default", "-eval"});
  const auto up = user.walk(names["20"], Direction::kAncestors);
  ASSERT_TRUE(up) << up.error().message;
  EXPECT_EQ(up->events.size(), 21U);
  const auto down = user.walk(names["0"], Direction::kDescendants);
  ASSERT_TRUE(down) << down.error().message;
  EXPECT_EQ(down->events.size(), 41U);
}

TEST_F(RedisLinkStoreTest, ALongChainTakesFewRoundTrips) {
  std::vector<Link> links;
  for (int i = 1; i < 5000; ++i) {
    links.push_back({event_named(std::to_string(i)), {event_named(std::to_string(i - 1))}});
  }
  ASSERT_TRUE(user.record(links));
  command({"CONFIG", "RESETSTAT"});
  const auto graph =
      user.walk(event_named("4999"), Direction::kAncestors, WalkLimits(10'000, 10'000));
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->events.size(), 5000U);
  EXPECT_THAT(command({"INFO", "commandstats"}).text, testing::HasSubstr("cmdstat_eval:calls=5,"));
}

}  // namespace
}  // namespace bb::correlation
