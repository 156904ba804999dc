#include "broker/message_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Options small_memory() {
  Options options;
  options.resident_bytes_max = 1;
  return options;
}

// A list whose messages the storage keeps, and that may hold next to nothing in memory.
class MessageListTest : public testing::Test {
 protected:
  MessageListTest() { storage.keep_bodies(); }

  void push(std::string_view body, bool persistent = true) {
    auto message = Message::make(context.memory, "", "k", "", body, persistent);
    const Position position = persistent ? storage.append(*message, {}).value() : 0;
    list.push({.message = std::move(message), .position = position, .body_bytes = body.size()});
  }
  void push_numbers(int from, int to) {
    for (int i = from; i <= to; ++i) push(std::to_string(i));
  }
  std::string pop_text() {
    auto message = list.pop();
    return message ? std::string(message->message->body()) : "none";
  }
  std::vector<std::string> drain() {
    std::vector<std::string> texts;
    while (auto message = list.pop()) texts.emplace_back(message->message->body());
    return texts;
  }

  TestStorage storage;
  BrokerContext context{small_memory(), storage};
  MessageList list{context};
};

TEST_F(MessageListTest, KeepsTheOrderAcrossMemoryAndStorage) {
  push_numbers(1, 100);
  for (int i = 1; i <= 50; ++i) ASSERT_EQ(pop_text(), std::to_string(i));
  push_numbers(101, 200);
  for (int i = 51; i <= 200; ++i) ASSERT_EQ(pop_text(), std::to_string(i));
  EXPECT_TRUE(list.empty());
  EXPECT_GT(storage.load_count(), 100u);
  EXPECT_EQ(list.body_bytes(), 0u);
}

TEST_F(MessageListTest, MemoryDoesNotGrowWithTheBodies) {
  for (int i = 0; i < 1000; ++i) push(std::string(1000, 'x'));
  EXPECT_LT(context.memory.bytes(), 40'000u);
  EXPECT_EQ(list.body_bytes(), 1'000'000u);
  list.clear();
  EXPECT_EQ(context.memory.bytes(), 0u);
}

TEST_F(MessageListTest, WhatComesBackTakesItsPlace) {
  push_numbers(1, 60);
  std::vector<QueuedMessage> taken;
  for (int i = 0; i < 50; ++i) taken.push_back(*list.pop());
  for (const int index : {49, 3, 20}) list.put_back(std::move(taken[static_cast<unsigned>(index)]));
  push_numbers(61, 61);
  EXPECT_THAT(drain(), ElementsAre("4", "21", "50", "51", "52", "53", "54", "55", "56", "57", "58",
                                   "59", "60", "61"));
}

TEST_F(MessageListTest, TheFirstCanBeSeenWithoutTakingIt) {
  EXPECT_EQ(list.front(), nullptr);
  push_numbers(1, 40);
  for (int i = 1; i <= 40; ++i) {
    ASSERT_EQ(list.front()->message->body(), std::to_string(i));
    ASSERT_EQ(pop_text(), std::to_string(i));
  }
  EXPECT_EQ(list.front(), nullptr);
}

TEST_F(MessageListTest, TransientMessagesStayAmongTheStoredOnes) {
  push_numbers(1, 30);
  push("t", /*persistent=*/false);
  push_numbers(31, 32);
  for (int i = 1; i <= 30; ++i) ASSERT_EQ(pop_text(), std::to_string(i));
  EXPECT_THAT(drain(), ElementsAre("t", "31", "32"));
}

TEST_F(MessageListTest, WhatCannotBeReadIsPassedOverAndCounted) {
  push_numbers(1, 30);
  for (Position position = 20; position <= 29; ++position) storage.damage(position);
  for (int i = 1; i <= 19; ++i) ASSERT_EQ(pop_text(), std::to_string(i));
  EXPECT_THAT(drain(), ElementsAre("30"));
  EXPECT_EQ(list.unreadable(), 10u);
  EXPECT_EQ(list.body_bytes(), 0u);
}

TEST_F(MessageListTest, WhatAnEarlierRunLeftIsReadWhenItsTurnComes) {
  push_numbers(1, 3);
  list.clear();
  EXPECT_THAT(drain(), IsEmpty());
  for (const Position position : {2, 3}) list.push({.position = position, .body_bytes = 1});
  std::vector<Position> seen;
  list.for_each([&](const QueuedMessage& message) { seen.push_back(message.position); });
  EXPECT_THAT(seen, ElementsAre(2, 3));
}

}  // namespace
}  // namespace bb::broker
