#include "broker/paged_messages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace bb::broker {
namespace {

QueuedMessage stored(Position position, std::uint64_t body_bytes = 1) {
  return {.position = position, .body_bytes = body_bytes};
}

class PagedMessagesTest : public testing::Test {
 protected:
  MemoryGauge gauge;
  PagedMessages messages{gauge};
};

TEST_F(PagedMessagesTest, GivesBackWhatItWasGiven) {
  messages.push(stored(100, 600));
  messages.push({.position = UINT64_C(1) << 50,
                 .body_bytes = UINT64_C(1) << 40,
                 .delivery_count = UINT32_MAX,
                 .redelivered = true});
  const QueuedMessage first = messages.pop();
  EXPECT_EQ(first.position, 100u);
  EXPECT_EQ(first.body_bytes, 600u);
  EXPECT_EQ(first.delivery_count, 0u);
  EXPECT_FALSE(first.redelivered);
  const QueuedMessage second = messages.pop();
  EXPECT_EQ(second.position, UINT64_C(1) << 50);
  EXPECT_EQ(second.body_bytes, UINT64_C(1) << 40);
  EXPECT_EQ(second.delivery_count, UINT32_MAX);
  EXPECT_TRUE(second.redelivered);
  EXPECT_TRUE(messages.empty());
}

TEST_F(PagedMessagesTest, WhatTheStorageDoesNotKeepStaysInItsPlace) {
  messages.push(stored(1));
  messages.push({.message = Message::make(gauge, "", "", "", "body", false), .body_bytes = 4});
  messages.push(stored(2));
  EXPECT_EQ(messages.pop().position, 1u);
  EXPECT_EQ(messages.pop().message->body(), "body");
  EXPECT_EQ(messages.pop().position, 2u);
}

TEST_F(PagedMessagesTest, IsAQueueWhateverTheOrderOfPushesAndPops) {
  std::mt19937 random(1);
  Position pushed = 0;
  std::vector<Position> positions;
  std::size_t popped = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 3 != 0 || messages.empty()) {
      pushed += 1 + random() % (1 << (random() % 30));
      positions.push_back(pushed);
      messages.push(stored(pushed, random() % 100'000));
    } else {
      ASSERT_EQ(messages.pop().position, positions[popped++]);
    }
    ASSERT_EQ(messages.size(), positions.size() - popped);
  }
  std::size_t at = popped;
  messages.for_each(
      [&](const QueuedMessage& message) { ASSERT_EQ(message.position, positions[at++]); });
  EXPECT_EQ(at, positions.size());
}

TEST_F(PagedMessagesTest, TakesAFewBytesAMessageAndGivesThemBack) {
  for (Position i = 1; i <= 100'000; ++i) messages.push(stored(i * 700, 600));
  EXPECT_LT(gauge.bytes(), 100'000 * 6);
  messages.clear();
  EXPECT_EQ(gauge.bytes(), 0u);
  messages.push(stored(100'001 * 700));
  EXPECT_EQ(messages.pop().position, 100'001u * 700);
}

}  // namespace
}  // namespace bb::broker
