// What every store of links does, whatever keeps them.
#include "correlation/link_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "correlation/test_engine.h"
#include "correlation/test_names.h"
#include "correlation/test_redis_engine.h"
#include "correlation/test_sqlite_engine.h"

namespace bb::correlation {
namespace {

struct EngineKind {
  std::string name;
  std::function<std::unique_ptr<Engine>()> make;
};

class LinkStoreTest : public testing::TestWithParam<EngineKind> {
 protected:
  // "b", "a c": a and c caused b. In the order of the calls.
  void record(std::string_view child, std::string_view parents) {
    const auto recorded = store->record({names.link(child, parents, ++now_s)});
    ASSERT_TRUE(recorded) << recorded.error().message;
  }
  Graph walk(std::string_view event, Direction direction, WalkLimits limits = {}) {
    auto graph = store->walk(names[event], direction, limits);
    EXPECT_TRUE(graph) << graph.error().message;
    return graph.value_or(Graph());
  }
  std::string ancestors(std::string_view event) {
    return names.events(walk(event, Direction::kAncestors));
  }
  std::string descendants(std::string_view event) {
    return names.events(walk(event, Direction::kDescendants));
  }
  Neighbours neighbours(std::string_view event) {
    auto near = store->neighbours(names[event]);
    EXPECT_TRUE(near) << near.error().message;
    return near.value_or(Neighbours());
  }
  static std::string numbered(std::size_t number) { return "event " + std::to_string(number); }
  // Event 0 caused event 1, that caused event 2, and so on.
  void record_chain(std::size_t events) {
    std::vector<Link> links;
    for (std::size_t i = 1; i < events; ++i) {
      links.emplace_back(event_named(numbered(i)), std::vector{event_named(numbered(i - 1))},
                         Timestamp(std::chrono::seconds(i)));
    }
    const auto recorded = store->record(std::move(links));
    ASSERT_TRUE(recorded) << recorded.error().message;
  }

  std::unique_ptr<Engine> engine = GetParam().make();
  std::unique_ptr<StoreUser> store = engine->open();
  Names names;
  std::int64_t now_s = 1'700'000'000;
};

TEST_P(LinkStoreTest, Linear) {
  record("b", "a");
  record("c", "b");
  record("d", "c");
  EXPECT_EQ(ancestors("d"), "a b c d");
  EXPECT_EQ(ancestors("b"), "a b");
  EXPECT_EQ(descendants("b"), "b c d");
  EXPECT_EQ(names.edges(walk("a", Direction::kDescendants)), "a>b b>c c>d");
}

TEST_P(LinkStoreTest, Branching) {
  record("b", "a");
  record("c", "a");
  record("d", "b");
  EXPECT_EQ(descendants("a"), "a b c d");
  EXPECT_EQ(ancestors("d"), "a b d");
  EXPECT_EQ(names.sorted(neighbours("a").children), "b c");
}

TEST_P(LinkStoreTest, Diamond) {
  record("b", "a");
  record("c", "a");
  record("d", "b c");
  EXPECT_EQ(descendants("a"), "a b c d");
  EXPECT_EQ(ancestors("d"), "a b c d");
  EXPECT_EQ(names.edges(walk("d", Direction::kAncestors)), "a>b a>c b>d c>d");
}

TEST_P(LinkStoreTest, ADirectCauseIsStillBehindAnIndirectOne) {
  record("b", "a");
  record("c", "a b");
  EXPECT_EQ(ancestors("c"), "a b c");
}

TEST_P(LinkStoreTest, ACycleSurvivesAndIsReported) {
  record("b", "a");
  record("c", "b");
  record("a", "c");
  for (const Direction direction : {Direction::kAncestors, Direction::kDescendants,
                                    Direction::kLineage, Direction::kConnected}) {
    SCOPED_TRACE(to_string(direction));
    const Graph graph = walk("a", direction);
    EXPECT_EQ(graph.events.size(), 3U);
    EXPECT_EQ(names.edges(graph), "a>b b>c c>a");
    ASSERT_EQ(graph.cycles.size(), 1U);
    EXPECT_EQ(graph.cycles[0].size(), 3U);
  }
}

TEST_P(LinkStoreTest, ItsOwnCause) {
  record("a", "a");
  EXPECT_EQ(walk("a", Direction::kAncestors).cycles.size(), 1U);
}

TEST_P(LinkStoreTest, LineageIsUpAndDownAndConnectedIsAll) {
  record("b", "a");
  record("sibling", "a");
  record("c", "b other");
  EXPECT_EQ(names.events(walk("b", Direction::kLineage)), "a b c");
  EXPECT_EQ(names.edges(walk("b", Direction::kConnected)), "a>b a>sibling b>c other>c");
}

TEST_P(LinkStoreTest, TheParentsOfAnEventKeepTheirOrder) {
  record("d", "c a b");
  const Neighbours near = neighbours("d");
  ASSERT_TRUE(near.link);
  EXPECT_EQ(near.link->parents, names.ids("c a b"));
  EXPECT_EQ(near.link->created_at, Timestamp(std::chrono::seconds(now_s)));
  EXPECT_EQ(near.link->metadata, "{}");
}

TEST_P(LinkStoreTest, MetadataIsKeptAsItIs) {
  Link link = names.link("b", "a", ++now_s);
  link.metadata = R"({"reason":"a \"test\", Zürich ☕","exact":1.50e3})";
  ASSERT_TRUE(store->record({link}));
  EXPECT_EQ(neighbours("b").link->metadata, link.metadata);
  const Graph graph = walk("b", Direction::kAncestors);
  ASSERT_EQ(graph.events.size(), 2U);
  EXPECT_FALSE(graph.events[0].link);
  EXPECT_EQ(graph.events[1].link->metadata, link.metadata);
}

TEST_P(LinkStoreTest, RecordedAgainTheNewRecordCounts) {
  record("c", "a");
  record("c", "b");
  EXPECT_EQ(ancestors("c"), "b c");
}

TEST_P(LinkStoreTest, FormerCausesLeadNowhere) {
  record("c", "a");
  record("d", "c");
  record("c", "b");
  EXPECT_EQ(descendants("a"), "a");
  EXPECT_EQ(names.events(walk("a", Direction::kConnected)), "a");
  EXPECT_EQ(descendants("b"), "b c d");
}

TEST_P(LinkStoreTest, AddedByHandAllCounts) {
  record("c", "a");
  Link more = names.link("c", "b a", ++now_s);
  more.metadata = R"({"reason":"found in the log"})";
  const auto added = store->add(more);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->parents, names.ids("a b"));
  EXPECT_EQ(neighbours("c").link, *added);
  EXPECT_EQ(names.sorted(neighbours("b").children), "c");
}

TEST_P(LinkStoreTest, AddedByHandToAnEventWithoutARecord) {
  const auto added = store->add(names.link("b", "a", ++now_s));
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(ancestors("b"), "a b");
}

TEST_P(LinkStoreTest, WithoutParentsNothingIsRecorded) {
  ASSERT_TRUE(store->record({Link(names["a"], {})}));
  EXPECT_FALSE(neighbours("a").known());
}

TEST_P(LinkStoreTest, AnUnknownEventIsAloneInItsGraph) {
  record("b", "a");
  for (const Direction direction : {Direction::kAncestors, Direction::kDescendants,
                                    Direction::kLineage, Direction::kConnected}) {
    const Graph graph = walk("unknown", direction);
    EXPECT_EQ(names.events(graph), "unknown");
    EXPECT_FALSE(graph.known());
  }
  EXPECT_FALSE(neighbours("unknown").known());
  EXPECT_TRUE(walk("a", Direction::kAncestors).edges.empty());
}

TEST_P(LinkStoreTest, AChainAThousandDeep) {
  record_chain(1001);
  const std::string last = numbered(1000);
  const Graph cut = walk(last, Direction::kAncestors);
  EXPECT_EQ(cut.events.size(), 101U);
  EXPECT_TRUE(cut.depth_limited);
  EXPECT_FALSE(cut.size_limited);
  EXPECT_EQ(cut.events.front().id, event_named(numbered(900)));
  EXPECT_EQ(cut.events.front().depth, 100U);

  const Graph whole = walk(last, Direction::kAncestors, WalkLimits(2000, 10'000));
  ASSERT_EQ(whole.events.size(), 1001U);
  EXPECT_FALSE(whole.depth_limited);
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    EXPECT_EQ(whole.events[i].id, event_named(numbered(i)));
    EXPECT_EQ(whole.events[i].depth, 1000 - i);
  }
  EXPECT_EQ(walk(numbered(0), Direction::kDescendants, WalkLimits(1000, 10'000)).events.size(),
            1001U);
}

TEST_P(LinkStoreTest, AThousandChildren) {
  std::vector<Link> links;
  for (std::size_t i = 0; i < 1000; ++i) {
    links.push_back({event_named(numbered(i)), {names["a"]}, Timestamp(std::chrono::seconds(i))});
  }
  ASSERT_TRUE(store->record(std::move(links)));
  EXPECT_EQ(neighbours("a").children.size(), 1000U);
  const Graph whole = walk("a", Direction::kDescendants);
  EXPECT_EQ(whole.events.size(), 1001U);
  EXPECT_FALSE(whole.size_limited);
  EXPECT_EQ(whole.events.back().id, event_named(numbered(999)));

  const Graph cut = walk("a", Direction::kDescendants, WalkLimits(100, 50));
  EXPECT_EQ(cut.events.size(), 50U);
  EXPECT_TRUE(cut.size_limited);
  EXPECT_FALSE(cut.depth_limited);
}

TEST_P(LinkStoreTest, TheLimitOfDepthCountsTheShortestWay) {
  record("b", "a");
  record("c", "b");
  record("d", "c a");
  record("e", "d");
  const Graph graph = walk("a", Direction::kDescendants, WalkLimits(1, 100));
  EXPECT_EQ(names.sorted({names.of(graph.events[0].id), names.of(graph.events[1].id),
                          names.of(graph.events[2].id)}),
            "a b d");
  EXPECT_TRUE(graph.depth_limited);
}

TEST_P(LinkStoreTest, WritersAtTheSameTime) {
  constexpr std::size_t kWriters = 4;
  constexpr std::size_t kEach = 100;
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const auto user = engine->open();
      for (std::size_t i = 0; i < kEach; ++i) {
        const auto recorded =
            user->record({Link(event_named(numbered(w * kEach + i)), {event_named("root")})});
        EXPECT_TRUE(recorded) << recorded.error().message;
        // All of them add to this one.
        const auto added =
            user->add(Link(event_named("sum"), {event_named(numbered(w * kEach + i))}));
        EXPECT_TRUE(added) << added.error().message;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(neighbours("root").children.size(), kWriters * kEach);
  EXPECT_EQ(neighbours("sum").link->parents.size(), kWriters * kEach);
}

TEST_P(LinkStoreTest, WhatRanOutIsGone) {
  record("b", "a");
  record("c", "b");
  engine->let_everything_run_out();
  EXPECT_FALSE(neighbours("b").known());
  EXPECT_FALSE(neighbours("a").known());
  EXPECT_FALSE(walk("c", Direction::kAncestors).known());
  EXPECT_FALSE(walk("a", Direction::kDescendants).known());
}

INSTANTIATE_TEST_SUITE_P(
    , LinkStoreTest,
    testing::Values(EngineKind{"Sqlite", [] { return std::make_unique<SqliteEngine>(); }},
                    EngineKind{"Redis", [] { return std::make_unique<RedisEngine>(); }}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace bb::correlation
