#include "broker/priority_messages.h"

#include <gtest/gtest.h>

namespace bb::broker {
namespace {

class PriorityMessagesTest : public testing::Test {
 protected:
  void push(std::uint8_t priority, std::string_view body) {
    messages.push({.message = Message::make(context_.memory, "", "", "", body, false),
                   .body_bytes = body.size(),
                   .priority = priority});
  }
  std::string drain() {
    std::string bodies;
    while (auto message = messages.pop()) bodies.append(message->message->body()).push_back(' ');
    return bodies;
  }

  MemoryStorage storage_;
  BrokerContext context_{Options{}, storage_};
  PriorityMessages messages{context_};
};

TEST_F(PriorityMessagesTest, HigherOnesComeFirst) {
  push(0, "a");
  push(9, "b");
  push(5, "c");
  push(9, "d");
  EXPECT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages.body_bytes(), 4u);
  EXPECT_EQ(messages.front()->message->body(), "b");
  EXPECT_EQ(drain(), "b d c a ");
  EXPECT_TRUE(messages.empty());
}

TEST_F(PriorityMessagesTest, WhatComesBackIsInItsPlace) {
  push(0, "a");
  push(5, "b");
  push(5, "c");
  auto b = messages.pop();
  auto c = messages.pop();
  auto a = messages.pop();
  for (auto* message : {&a, &c, &b}) messages.put_back(*std::move(*message));
  EXPECT_EQ(drain(), "b c a ");
}

TEST_F(PriorityMessagesTest, ClearDropsAll) {
  push(0, "a");
  push(5, "b");
  EXPECT_FALSE(messages.in_order_of_arrival());
  messages.clear();
  EXPECT_TRUE(messages.empty());
  EXPECT_EQ(messages.body_bytes(), 0u);
}

}  // namespace
}  // namespace bb::broker
