#include "correlation/graph.h"

#include <gtest/gtest.h>

#include <random>

#include "correlation/test_names.h"
#include "correlation/walk.h"

namespace bb::correlation {
namespace {

FoundEvent found(Names& names, std::string_view event, std::string_view parents,
                 std::int64_t created_s = 0) {
  FoundEvent one;
  one.neighbours.id = names[event];
  if (!parents.empty()) one.neighbours.link = names.link(event, parents, created_s);
  return one;
}

TEST(Graph, ParentsComeBeforeChildrenWhateverTheirTimes) {
  Names names;
  const Graph graph = make_graph(std::vector{found(names, "c", "b", 1), found(names, "b", "a", 2),
                                             found(names, "a", ""), found(names, "d", "a b", 3)});
  EXPECT_EQ(names.events(graph), "a b c d");
  EXPECT_EQ(names.edges(graph), "a>b a>d b>c b>d");
  EXPECT_TRUE(graph.cycles.empty());
}

TEST(Graph, SiblingsComeInTheOrderOfTheirTimes) {
  Names names;
  const Graph graph = make_graph(std::vector{found(names, "a", ""), found(names, "late", "a", 9),
                                             found(names, "early", "a", 5)});
  EXPECT_EQ(names.events(graph), "a early late");
}

TEST(Graph, ACycleStaysTogetherBetweenItsCausesAndWhatItCaused) {
  Names names;
  const Graph graph = make_graph(std::vector{
      found(names, "after", "z", 4), found(names, "y", "x before", 2), found(names, "x", "z", 1),
      found(names, "z", "y", 3), found(names, "before", "")});
  EXPECT_EQ(names.events(graph), "before x y z after");
  ASSERT_EQ(graph.cycles.size(), 1U);
  EXPECT_EQ(graph.cycles[0], (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(Graph, AnEventThatCausedItselfIsACycle) {
  Names names;
  const Graph graph = make_graph(std::vector{found(names, "a", "a")});
  ASSERT_EQ(graph.cycles.size(), 1U);
  EXPECT_EQ(graph.cycles[0], std::vector<std::uint32_t>{0});
}

TEST(Graph, LinksToEventsThatWereNotFoundAreLeftOut) {
  Names names;
  const Graph graph =
      make_graph(std::vector{found(names, "b", "a elsewhere"), found(names, "a", "")});
  EXPECT_EQ(names.edges(graph), "a>b");
  EXPECT_EQ(graph.events[1].link->parents.size(), 2U);
}

TEST(Graph, AChainAsDeepAsItGetsNeedsNoStack) {
  constexpr std::size_t kEvents = 200'000;
  std::vector<FoundEvent> chain(kEvents);
  for (std::size_t i = 0; i < kEvents; ++i) {
    chain[i].neighbours.id = Uuid::v7(std::chrono::system_clock::now());
    if (i > 0) {
      chain[i].neighbours.link =
          Link(chain[i].neighbours.id, {chain[i - 1].neighbours.id}, Timestamp{});
    }
  }
  const Graph graph = make_graph(chain);
  ASSERT_EQ(graph.events.size(), kEvents);
  EXPECT_EQ(graph.events.back().id, chain.back().neighbours.id);
}

// The order is right if no edge leads back, outside of cycles.
TEST(Graph, RandomGraphsAreInOrder) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Names names;
    const std::size_t count = 1 + random() % 12;
    std::vector<FoundEvent> events;
    for (std::size_t i = 0; i < count; ++i) {
      std::string parents;
      for (std::size_t links = random() % 3; links > 0; --links) {
        parents += std::to_string(random() % count) + " ";
      }
      events.push_back(found(names, std::to_string(i), parents, random() % 5));
    }
    const Graph graph = make_graph(events);
    ASSERT_EQ(graph.events.size(), count);
    std::vector<std::size_t> cycle(count, SIZE_MAX);
    for (std::size_t c = 0; c < graph.cycles.size(); ++c) {
      for (const auto place : graph.cycles[c]) cycle[place] = c;
    }
    for (const Graph::Edge& edge : graph.edges) {
      const bool same_cycle =
          cycle[edge.parent] != SIZE_MAX && cycle[edge.parent] == cycle[edge.child];
      EXPECT_TRUE(edge.parent < edge.child || same_cycle);
    }
  }
}

TEST(Link, MergingAddsWhatIsNew) {
  Names names;
  Link known = names.link("c", "a", 5);
  known.metadata = R"({"reason":"first","n":1.50})";
  Link more = names.link("c", "b a", 9);
  more.metadata = R"({"reason":"second"})";
  const Link merged = merge(known, more);
  EXPECT_EQ(merged.parents, names.ids("a b"));
  EXPECT_EQ(merged.created_at, known.created_at);
  EXPECT_EQ(merged.metadata, R"({"n":1.50,"reason":"second"})");
}

TEST(Walk, AsksForWhatIsNearestFirstAndForNothingTwice) {
  Names names;
  Walk walk(names["d"], Direction::kAncestors, WalkLimits());
  EXPECT_EQ(walk.wanted(), names.ids("d"));
  Neighbours d(names["d"]);
  d.link = names.link("d", "b c");
  walk.found(d);
  EXPECT_EQ(walk.wanted(), names.ids("b c"));
  EXPECT_TRUE(walk.wanted().empty());
}

TEST(Walk, WhatCameAheadIsNotAskedFor) {
  Names names;
  Walk walk(names["c"], Direction::kAncestors, WalkLimits());
  (void)walk.wanted();
  Neighbours c(names["c"]);
  c.link = names.link("c", "b");
  Neighbours b(names["b"]);
  b.link = names.link("b", "a");
  walk.found(b);
  walk.found(c);
  EXPECT_EQ(walk.wanted(), names.ids("a"));
  EXPECT_TRUE(walk.wanted().empty());
  EXPECT_EQ(names.events(make_graph(std::move(walk))), "a b c");
}

}  // namespace
}  // namespace bb::correlation
