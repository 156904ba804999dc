#include "broker/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr QueueId kId = 7;

// The body, with a '*' behind it when it is redelivered.
std::string text_of(const QueuedMessage& message) {
  return std::string(message.message->body()) + (message.redelivered ? "*" : "");
}

// Takes messages while it has room, and keeps them.
class FakeConsumer final : public Consumer {
 public:
  explicit FakeConsumer(std::size_t with_room = SIZE_MAX) : room(with_room) {}

  bool can_take() const override { return taken.size() < room; }
  void deliver(QueuedMessage message) override { taken.push_back(std::move(message)); }
  void cancelled() override { ++cancelled_count; }

  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    texts.reserve(taken.size());
    for (const QueuedMessage& message : taken) texts.push_back(text_of(message));
    return texts;
  }
  QueuedMessage give_back(std::size_t index) {
    QueuedMessage message = std::move(taken[index]);
    taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(index));
    return message;
  }

  std::size_t room;
  int cancelled_count = 0;
  std::vector<QueuedMessage> taken;
};

// A queue with words for what its vhost and its channels do with it.
class TestQueue {
 public:
  explicit TestQueue(Queue::Properties properties = {})
      : queue_(new Queue(kId, "q", std::move(properties), context_)) {}

  Queue* operator->() { return queue_.get(); }
  TestStorage& storage() { return storage_; }

  void push(std::initializer_list<const char*> bodies) {
    for (const char* body : bodies) push_at(0, body);
  }
  void push_at(Position position, std::string_view body) {
    queue_->push(Message::make(context_.memory, "x", "k", "", body, position != 0), position);
  }
  QueuedMessage pop() { return queue_->pop().value(); }
  // Takes everything that waits.
  std::vector<std::string> drain() {
    std::vector<std::string> texts;
    while (const auto message = queue_->pop()) texts.push_back(text_of(*message));
    return texts;
  }

 private:
  TestStorage storage_;
  BrokerContext context_{Options{}, storage_};
  Queue::Ptr queue_;
};

TEST(Queue, GivesMessagesInTheOrderTheyCame) {
  TestQueue queue;
  queue.push({"1", "2", "3"});
  EXPECT_EQ(queue->message_count(), 3u);
  EXPECT_THAT(queue.drain(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(queue->pop(), std::nullopt);
}

TEST(Queue, AConsumerGetsWhatWaitsAndThenWhatComes) {
  TestQueue queue;
  queue.push({"1", "2"});
  FakeConsumer consumer;
  queue->add_consumer(&consumer, /*exclusive=*/false);
  queue.push({"3"});
  EXPECT_THAT(consumer.texts(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(queue->message_count(), 0u);
}

TEST(Queue, ConsumersTakeTurns) {
  TestQueue queue;
  FakeConsumer a;
  FakeConsumer b;
  FakeConsumer c;
  for (FakeConsumer* consumer : {&a, &b, &c}) queue->add_consumer(consumer, false);
  queue.push({"1", "2", "3", "4", "5"});
  EXPECT_THAT(a.texts(), ElementsAre("1", "4"));
  EXPECT_THAT(b.texts(), ElementsAre("2", "5"));
  EXPECT_THAT(c.texts(), ElementsAre("3"));
}

TEST(Queue, AFullConsumerIsPassedOver) {
  TestQueue queue;
  FakeConsumer small(1);
  FakeConsumer large;
  for (FakeConsumer* consumer : {&small, &large}) queue->add_consumer(consumer, false);
  queue.push({"1", "2", "3", "4"});
  EXPECT_THAT(small.texts(), ElementsAre("1"));
  EXPECT_THAT(large.texts(), ElementsAre("2", "3", "4"));
}

TEST(Queue, MessagesWaitForAFullConsumerUntilItResumes) {
  TestQueue queue;
  FakeConsumer consumer(2);
  queue->add_consumer(&consumer, false);
  queue.push({"1", "2", "3", "4"});
  EXPECT_THAT(consumer.texts(), ElementsAre("1", "2"));
  EXPECT_EQ(queue->message_count(), 2u);

  consumer.room = 3;
  EXPECT_THAT(consumer.texts(), ElementsAre("1", "2")) << "nobody said so yet";
  queue->resume(&consumer);
  EXPECT_THAT(consumer.texts(), ElementsAre("1", "2", "3"));
}

TEST(Queue, ResumingAConsumerThatIsReadyDoesNotGiveItTwoTurns) {
  TestQueue queue;
  FakeConsumer a;
  FakeConsumer b;
  for (FakeConsumer* consumer : {&a, &b}) queue->add_consumer(consumer, false);
  queue->resume(&a);
  queue->resume(&a);
  queue.push({"1", "2", "3", "4"});
  EXPECT_THAT(a.texts(), ElementsAre("1", "3"));
  EXPECT_THAT(b.texts(), ElementsAre("2", "4"));
}

TEST(Queue, ARequeuedMessageGoesBackToItsPlace) {
  TestQueue queue;
  queue.push({"1", "2", "3", "4"});
  QueuedMessage first = queue.pop();
  QueuedMessage second = queue.pop();
  QueuedMessage third = queue.pop();
  queue.push({"5"});
  queue->requeue(std::move(second));
  queue->requeue(std::move(third));
  queue->requeue(std::move(first));
  EXPECT_THAT(queue.drain(), ElementsAre("1*", "2*", "3*", "4", "5"));
}

TEST(Queue, ARequeuedMessageIsDeliveredByTheNextDispatch) {
  TestQueue queue;
  FakeConsumer consumer(3);
  queue->add_consumer(&consumer, false);
  queue.push({"1", "2", "3"});
  queue->requeue(consumer.give_back(1));
  queue->requeue(consumer.give_back(0));
  EXPECT_THAT(consumer.texts(), ElementsAre("3"));
  queue->dispatch();
  EXPECT_THAT(consumer.texts(), ElementsAre("3", "1*", "2*"));
}

TEST(Queue, ARemovedConsumerGetsNothingMore) {
  TestQueue queue;
  FakeConsumer gone;
  FakeConsumer full(0);
  FakeConsumer stays;
  for (FakeConsumer* consumer : {&gone, &full, &stays}) queue->add_consumer(consumer, false);
  queue->remove_consumer(&gone);
  queue->remove_consumer(&full);
  queue.push({"1", "2"});
  EXPECT_THAT(stays.texts(), ElementsAre("1", "2"));
  EXPECT_THAT(gone.texts(), IsEmpty());
  EXPECT_EQ(gone.cancelled_count, 0) << "it left by itself";
  EXPECT_EQ(queue->consumer_count(), 1u);
}

TEST(Queue, AnExclusiveConsumerIsNoLongerOneWhenItLeaves) {
  TestQueue queue;
  FakeConsumer only;
  queue->add_consumer(&only, /*exclusive=*/true);
  EXPECT_FALSE(queue->accepts_consumer(false));
  queue->remove_consumer(&only);
  EXPECT_TRUE(queue->accepts_consumer(false));
}

TEST(Queue, AutoDeleteExpiresWithTheLastConsumerAndNotBeforeTheFirst) {
  TestQueue queue({.auto_delete = true, .arguments = {}});
  EXPECT_FALSE(queue->expired());
  FakeConsumer a;
  FakeConsumer b;
  for (FakeConsumer* consumer : {&a, &b}) queue->add_consumer(consumer, false);
  queue->remove_consumer(&a);
  EXPECT_FALSE(queue->expired());
  queue->remove_consumer(&b);
  EXPECT_TRUE(queue->expired());

  TestQueue kept;
  kept->add_consumer(&a, false);
  kept->remove_consumer(&a);
  EXPECT_FALSE(kept->expired());
}

TEST(Queue, PurgeDropsWhatWaitsAndNotWhatIsUnsettled) {
  TestQueue queue({.durable = true, .arguments = {}});
  queue.push_at(1, "1");
  queue.push_at(2, "2");
  queue.push({"transient"});
  QueuedMessage unsettled = queue.pop();
  EXPECT_EQ(queue->purge(), 2u);
  EXPECT_THAT(queue.storage().calls(), ElementsAre("acknowledge 2 in 7"));
  queue->requeue(std::move(unsettled));
  EXPECT_THAT(queue.drain(), ElementsAre("1*"));
  EXPECT_EQ(queue->purge(), 0u);
}

TEST(Queue, TheStorageHearsOfWhatIsSettledAndOnlyThen) {
  TestQueue queue({.durable = true, .arguments = {}});
  for (const Position position : {Position{3}, Position{5}, Position{8}}) {
    queue.push_at(position, "m");
  }
  queue.push({"transient"});
  const QueuedMessage first = queue.pop();
  QueuedMessage second = queue.pop();
  const QueuedMessage third = queue.pop();
  const QueuedMessage transient = queue.pop();
  EXPECT_THAT(queue.storage().calls(), IsEmpty());

  queue->settle(third);
  queue->settle(transient);
  queue->requeue(std::move(second));
  queue->settle(first);
  EXPECT_THAT(queue.storage().calls(), ElementsAre("acknowledge 8 in 7", "acknowledge 3 in 7"));
}

TEST(Queue, ClosingCancelsEveryConsumerOnceAndDropsWhatWaits) {
  TestQueue queue({.durable = true, .arguments = {}});
  FakeConsumer full(0);
  FakeConsumer other(0);
  for (FakeConsumer* consumer : {&full, &other}) queue->add_consumer(consumer, false);
  queue.push_at(1, "1");
  queue->close();
  EXPECT_TRUE(queue->closed());
  EXPECT_EQ(full.cancelled_count, 1);
  EXPECT_EQ(other.cancelled_count, 1);
  EXPECT_EQ(queue->consumer_count(), 0u);
  EXPECT_EQ(queue->message_count(), 0u);
  EXPECT_THAT(queue.storage().calls(), ElementsAre("forget 7"));
}

TEST(Queue, AConsumerThatWasCancelledServesAnotherQueue) {
  TestQueue closed;
  TestQueue queue;
  FakeConsumer consumer;
  closed->add_consumer(&consumer, false);
  closed->close();
  queue->add_consumer(&consumer, false);
  queue.push({"1"});
  EXPECT_THAT(consumer.texts(), ElementsAre("1"));
}

TEST(Queue, WhatIsUnsettledOutlivesTheQueueWithoutEffect) {
  TestQueue queue({.durable = true, .arguments = {}});
  queue.push_at(1, "1");
  queue.push_at(2, "2");
  QueuedMessage first = queue.pop();
  const QueuedMessage second = queue.pop();
  queue->close();
  queue.storage().calls();
  queue->requeue(std::move(first));
  queue->settle(second);
  EXPECT_EQ(queue->message_count(), 0u);
  EXPECT_THAT(queue.storage().calls(), IsEmpty()) << "it forgot the queue already";
}

TEST(Queue, ATransientQueueIsNoneOfTheStoragesBusiness) {
  TestQueue queue;
  queue.push({"1", "2"});
  queue->settle(queue.pop());
  queue->purge();
  queue->close();
  EXPECT_THAT(queue.storage().calls(), IsEmpty());
}

TEST(Queue, IsVisitedOnceARound) {
  TestQueue queue;
  EXPECT_TRUE(queue->visit(1));
  EXPECT_FALSE(queue->visit(1));
  EXPECT_TRUE(queue->visit(2));
}

}  // namespace
}  // namespace bb::broker
