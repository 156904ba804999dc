#include "broker/destination_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "broker/exchange.h"
#include "broker/test_queues.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;

TEST(DestinationSet, NamesAQueueOnceHoweverManyBindingsItHas) {
  TestQueues queues;
  DestinationSet set;
  set.add(queues["a"]);
  set.add(queues["b"]);
  set.add(queues["a"]);
  EXPECT_THAT(names_of(set.queues()), ElementsAre("a", "b"));
}

TEST(DestinationSet, AQueueLeavesWithItsLastBinding) {
  TestQueues queues;
  DestinationSet set;
  set.add(queues["a"]);
  set.add(queues["a"]);
  set.remove(queues["a"]);
  EXPECT_THAT(names_of(set.queues()), ElementsAre("a"));
  set.remove(queues["a"]);
  EXPECT_TRUE(set.empty());
}

TEST(DestinationSet, RemovingOneKeepsTheOthersWhereverItStood) {
  for (const char* gone : {"a", "b", "c"}) {
    TestQueues queues;
    DestinationSet set;
    std::vector<std::string> left;
    for (const char* name : {"a", "b", "c"}) {
      set.add(queues[name]);
      if (std::string_view(name) != gone) left.emplace_back(name);
    }
    set.remove(queues[gone]);
    EXPECT_EQ(names_of(set.queues()), left);
    // Those that took its place are still found.
    for (const std::string& name : left) set.remove(queues[name]);
    EXPECT_TRUE(set.empty());
  }
}

TEST(DestinationSet, KeepsExchangesApartFromQueues) {
  TestQueues queues;
  Exchange one("one", {.arguments = {}});
  Exchange two("two", {.arguments = {}});
  DestinationSet set;
  set.add(&one);
  EXPECT_FALSE(set.empty());
  for (const Bound& bound : {Bound(&one), Bound(&two), Bound(queues["a"])}) set.add(bound);
  set.remove(&one);
  Destinations found;
  set.append_to(found);
  EXPECT_THAT(names_of(found.queues), ElementsAre("a"));
  EXPECT_THAT(found.exchanges, ElementsAre(&one, &two));
  set.remove(&one);
  set.remove(&two);
  EXPECT_FALSE(set.empty());
  set.remove(queues["a"]);
  EXPECT_TRUE(set.empty());
}

TEST(DestinationSet, CountsAsAMapOfCountersDoes) {
  constexpr std::uint64_t kSeed = 0xDE57;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  TestQueues queues;
  DestinationSet set;
  std::map<std::string, int> model;
  for (int step = 0; step < 10'000; ++step) {
    const std::string name = "q" + std::to_string(random() % 12);
    if (random() % 2 == 0) {
      set.add(queues[name]);
      ++model[name];
    } else if (model.contains(name)) {
      set.remove(queues[name]);
      if (--model[name] == 0) model.erase(name);
    }
    std::vector<std::string> expected;
    expected.reserve(model.size());
    for (const auto& [queue, bindings] : model) expected.push_back(queue);
    ASSERT_EQ(names_of(set.queues()), expected) << "step " << step;
  }
}

}  // namespace
}  // namespace bb::broker
