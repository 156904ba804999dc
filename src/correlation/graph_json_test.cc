#include "correlation/graph_json.h"

#include <gtest/gtest.h>

#include "correlation/test_names.h"
#include "correlation/walk.h"

namespace bb::correlation {
namespace {

TEST(GraphJson, AGraphComesBackAsItWas) {
  Names names;
  Walk walk(names["c"], Direction::kConnected, WalkLimits(2, 100));
  (void)walk.wanted();
  Neighbours c(names["c"]);
  c.link = names.link("c", "b", 1'700'000'000);
  c.link->metadata = R"({"reason":"ü","n":1.50})";
  c.children = {names["b"]};
  Neighbours b(names["b"]);
  b.link = names.link("b", "a c", 1'700'000'001);
  walk.found(c);
  walk.found(b);
  while (!walk.wanted().empty()) {
  }
  const Graph graph = make_graph(std::move(walk));
  ASSERT_EQ(graph.cycles.size(), 1U);

  const std::string json = write_graph_json(names["c"], Direction::kConnected, graph);
  ASSERT_TRUE(check_json(json)) << json;
  const auto read = read_graph_json(json);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->events.size(), graph.events.size());
  for (std::size_t i = 0; i < graph.events.size(); ++i) {
    EXPECT_EQ(read->events[i].id, graph.events[i].id);
    EXPECT_EQ(read->events[i].depth, graph.events[i].depth);
    EXPECT_EQ(read->events[i].link, graph.events[i].link);
  }
  EXPECT_EQ(read->edges, graph.edges);
  EXPECT_EQ(read->cycles, graph.cycles);
  EXPECT_EQ(read->depth_limited, graph.depth_limited);
}

TEST(GraphJson, EventsAreMembersWhereTheyAreKnown) {
  Names names;
  Graph graph;
  graph.events.push_back({names["a"], 0, std::nullopt});
  const std::string json = write_graph_json(names["a"], Direction::kAncestors, graph,
                                            [](const Uuid&) { return R"({"event_type":"x.y"})"; });
  EXPECT_NE(json.find(R"("event":{"event_type":"x.y"})"), std::string::npos) << json;
}

TEST(GraphJson, NeighboursComeBackAsTheyWere) {
  Names names;
  Neighbours near(names["b"]);
  near.link = names.link("b", "a", 1'700'000'000);
  near.children = names.ids("c d");
  const auto read = read_neighbours_json(write_neighbours_json(near));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, near.id);
  EXPECT_EQ(read->link, near.link);
  EXPECT_EQ(read->children, near.children);
  const auto unknown = read_neighbours_json(write_neighbours_json(Neighbours(names["x"])));
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->known());
}

TEST(GraphJson, WhatIsOfAnotherFormIsRefused) {
  for (const char* const text :
       {"", "[]", "{", R"({"events":1})", R"({"events":[{"event_id":"x"}]})",
        R"({"edges":[{"parent":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639"}]})"}) {
    EXPECT_FALSE(read_graph_json(text)) << text;
  }
}

}  // namespace
}  // namespace bb::correlation
