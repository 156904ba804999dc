#include "client/work_line.h"

#include <gtest/gtest.h>

namespace bb::client {
namespace {

class WorkLineTest : public testing::Test {
 protected:
  void push(std::string key, std::uint64_t tag) {
    Delivery delivery;
    delivery.delivery_tag = tag;
    line.push({std::move(key), std::move(delivery)});
  }
  // 0 when there is none.
  std::uint64_t next() {
    auto work = line.next();
    return work ? work->delivery.delivery_tag : 0;
  }

  WorkLine line;
};

TEST_F(WorkLineTest, WithoutKeysAllGoAtOnceAndInOrder) {
  for (std::uint64_t tag = 1; tag <= 3; ++tag) push("", tag);
  EXPECT_EQ(line.waiting(), 3u);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) EXPECT_EQ(next(), tag);
  EXPECT_EQ(next(), 0u);
  line.finish("");
  EXPECT_EQ(next(), 0u);
}

TEST_F(WorkLineTest, OfOneKeyTheNextWaitsForTheOneBefore) {
  push("a", 1);
  push("a", 2);
  push("b", 3);
  push("a", 4);
  EXPECT_EQ(next(), 1u);
  EXPECT_EQ(next(), 3u);
  EXPECT_EQ(next(), 0u);
  EXPECT_EQ(line.waiting(), 2u);
  line.finish("a");
  EXPECT_EQ(next(), 2u);
  EXPECT_EQ(next(), 0u);
  line.finish("b");
  line.finish("a");
  EXPECT_EQ(next(), 4u);
  line.finish("a");
  EXPECT_EQ(line.waiting(), 0u);
  push("a", 5);
  EXPECT_EQ(next(), 5u);
}

TEST_F(WorkLineTest, WhatIsTakenStaysTakenWhenTheRestIsForgotten) {
  push("a", 1);
  push("a", 2);
  push("b", 3);
  EXPECT_EQ(next(), 1u);
  line.clear();
  EXPECT_EQ(line.waiting(), 0u);
  push("a", 4);
  push("b", 5);
  EXPECT_EQ(next(), 5u);
  EXPECT_EQ(next(), 0u) << "the first of a is still at work";
  line.finish("a");
  EXPECT_EQ(next(), 4u);
}

}  // namespace
}  // namespace bb::client
