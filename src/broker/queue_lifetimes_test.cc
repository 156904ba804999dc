// How long messages and queues live, on a clock of the test's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "amqp/constants.h"
#include "broker/test_storage.h"
#include "broker/vhost.h"

namespace bb::broker {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class QueueLifetimes : public testing::Test {
 protected:
  QueueLifetimes() {
    context_.clock.set_wall(TimePoint{}, 1'700'000'000'000);
    declare("dead", {});
  }
  ~QueueLifetimes() override { context_.deferred.clear(); }

  Queue& declare(std::string_view name, const amqp::FieldTable& arguments) {
    return **vhost_.declare_queue(name, {.durable = true, .arguments = arguments}, 1);
  }
  // A queue whose dead go to "dead".
  Queue& declare_mortal(std::string_view name, amqp::FieldTable arguments) {
    arguments.set("x-dead-letter-exchange", "");
    arguments.set("x-dead-letter-routing-key", "dead");
    return declare(name, arguments);
  }
  // Arguments of a queue whose dead have to arrive at the exchange.
  static amqp::FieldTable at_least_once(std::string_view exchange) {
    return {{"x-queue-type", "quorum"},
            {"x-overflow", "reject-publish"},
            {"x-dead-letter-strategy", "at-least-once"},
            {"x-dead-letter-exchange", std::string(exchange)},
            {"x-dead-letter-routing-key", "dead"}};
  }
  PublishOutcome publish(std::string_view queue, std::string_view body,
                         amqp::BasicProperties decoded = {}) {
    decoded.delivery_mode = amqp::kPersistent;
    Buffer properties;
    amqp::encode_properties(properties, decoded);
    return *vhost_.publish({.exchange = "",
                            .routing_key = queue,
                            .properties = as_text(properties.view()),
                            .body = body,
                            .decoded = decoded});
  }
  // Lets time pass, and does what is due.
  void pass(milliseconds time) {
    context_.clock.set(context_.clock.now + time);
    turn();
  }
  void turn() {
    context_.timers.run(context_.clock.now, context_.options.work_per_turn_max);
    context_.deferred.run(context_.options.work_per_turn_max);
  }
  std::string drain(Queue& queue) {
    std::string bodies;
    while (auto message = queue.pop()) {
      bodies.append(message->message->body()).push_back(' ');
      queue.settle(*message);
    }
    return bodies;
  }
  static std::vector<Position> stored_positions(const Queue& queue) {
    std::vector<Position> positions;
    queue.for_each_stored(
        [&](const QueuedMessage& message) { positions.push_back(message.position); });
    return positions;
  }
  Queue& dead() { return **vhost_.find_queue("dead", 1); }
  std::optional<TimePoint> after(int ms) { return TimePoint{} + milliseconds(ms); }

  static Options few_at_a_time() {
    Options options;
    options.expiries_per_turn_max = 3;
    return options;
  }

  TestStorage storage_;
  BrokerContext context_{few_at_a_time(), storage_};
  VHost vhost_{"/", context_};
};

TEST_F(QueueLifetimes, AMessageExpiresWhenItsTimeHasCome) {
  Queue& queue = declare_mortal("queue", {{"x-message-ttl", 100}});
  publish("queue", "one");
  EXPECT_EQ(context_.timers.next(), after(100));
  pass(milliseconds(99));
  EXPECT_EQ(queue.message_count(), 1u);
  pass(milliseconds(1));
  EXPECT_EQ(queue.message_count(), 0u);
  EXPECT_EQ(drain(dead()), "one ");
  EXPECT_EQ(context_.timers.next(), std::nullopt);
}

TEST_F(QueueLifetimes, TheTimerIsThatOfTheHead) {
  Queue& queue = declare_mortal("queue", {});
  publish("queue", "slow", {.expiration = "500"});
  publish("queue", "quick", {.expiration = "100"});
  EXPECT_EQ(context_.timers.next(), after(500));
  EXPECT_EQ(queue.pop()->message->body(), "slow");
  EXPECT_EQ(context_.timers.next(), after(100));
}

TEST_F(QueueLifetimes, MessagesWithoutAnEndNeedNoTimer) {
  declare_mortal("queue", {{"x-max-length", 5}});
  publish("queue", "one");
  EXPECT_EQ(context_.timers.next(), std::nullopt);
}

TEST_F(QueueLifetimes, ManyThatExpireAtOnceTakeSeveralTurns) {
  Queue& queue = declare_mortal("queue", {{"x-message-ttl", 10}});
  for (const auto* body : {"1", "2", "3", "4", "5", "6", "7"}) publish("queue", body);
  pass(milliseconds(10));
  EXPECT_GT(queue.message_count(), 0u);
  EXPECT_LE(*context_.timers.next(), context_.clock.now);
  for (int i = 0; i < 5; ++i) turn();
  EXPECT_EQ(drain(dead()), "1 2 3 4 5 6 7 ");
}

TEST_F(QueueLifetimes, ADeadLetterIsKeptBeforeItsPredecessorIsForgotten) {
  Queue& queue = declare_mortal("queue", {});
  publish("queue", "one");
  storage_.calls();
  queue.reject(*queue.pop());
  turn();
  EXPECT_THAT(storage_.calls(), ElementsAre("append one for 1", "acknowledge 1 in 2"));
}

TEST_F(QueueLifetimes, WhatTheStorageCannotKeepOnceMoreStaysWhereItWasAndIsTriedAgain) {
  Queue& queue = declare_mortal("queue", {});
  publish("queue", "one");
  storage_.calls();
  storage_.fail_appends();
  queue.reject(*queue.pop());
  turn();
  EXPECT_THAT(storage_.calls(), ElementsAre("append one for 1"));
  EXPECT_EQ(stored_positions(queue), std::vector<Position>{1});
  storage_.repair();
  pass(milliseconds(1000));
  EXPECT_THAT(storage_.calls(), ElementsAre("append one for 1", "acknowledge 1 in 2"));
}

TEST_F(QueueLifetimes, WhatHasToArriveWaitsUntilThereIsAWay) {
  Queue& queue = declare("queue", at_least_once("x"));
  for (const auto* body : {"one", "two"}) publish("queue", body);
  storage_.calls();
  queue.reject(*queue.pop());
  turn();
  EXPECT_THAT(storage_.calls(), IsEmpty()) << "there is no such exchange";
  ASSERT_TRUE(vhost_.declare_exchange("x", {.type = ExchangeType::kFanout, .arguments = {}}));
  queue.reject(*queue.pop());
  pass(milliseconds(1000));
  EXPECT_THAT(storage_.calls(), IsEmpty()) << "it leads nowhere";
  EXPECT_EQ(stored_positions(queue), (std::vector<Position>{1, 2}));
  ASSERT_TRUE(vhost_.bind(dead(), "x", "", {}));
  pass(milliseconds(2000));
  EXPECT_EQ(drain(dead()), "one two ");
  EXPECT_THAT(stored_positions(queue), IsEmpty());
  EXPECT_EQ(context_.timers.next(), std::nullopt);
}

TEST_F(QueueLifetimes, WhatHasToArriveIsSentAgainOnlyWhereItIsMissing) {
  declare("full", {{"x-max-length", 1}, {"x-overflow", "reject-publish"}});
  ASSERT_TRUE(vhost_.declare_exchange("x", {.type = ExchangeType::kFanout, .arguments = {}}));
  Queue& full = **vhost_.find_queue("full", 1);
  ASSERT_TRUE(vhost_.bind(dead(), "x", "", {}));
  ASSERT_TRUE(vhost_.bind(full, "x", "", {}));
  Queue& queue = declare("queue", at_least_once("x"));
  publish("full", "first");
  publish("queue", "one");
  queue.reject(*queue.pop());
  turn();
  pass(milliseconds(1000));
  EXPECT_EQ(drain(dead()), "one ");
  EXPECT_EQ(stored_positions(queue).size(), 1u);
  EXPECT_EQ(drain(full), "first ");
  pass(milliseconds(2000));
  EXPECT_EQ(drain(full), "one ");
  EXPECT_EQ(drain(dead()), "");
  EXPECT_THAT(stored_positions(queue), IsEmpty());
}

TEST_F(QueueLifetimes, WhatHasToArriveIsTriedLessAndLessOften) {
  Queue& queue = declare("queue", at_least_once("x"));
  publish("queue", "one");
  queue.reject(*queue.pop());
  turn();
  for (const int seconds : {1, 2, 4, 8, 16, 32, 32}) {
    EXPECT_EQ(*context_.timers.next(), context_.clock.now + milliseconds(seconds * 1000));
    pass(milliseconds(seconds * 1000));
  }
}

TEST_F(QueueLifetimes, OneWithoutAWayDoesNotHoldUpTheOthers) {
  auto arguments = at_least_once("amq.direct");
  arguments.erase("x-dead-letter-routing-key");
  Queue& queue = declare("queue", arguments);
  ASSERT_TRUE(vhost_.declare_exchange("in", {.type = ExchangeType::kFanout, .arguments = {}}));
  ASSERT_TRUE(vhost_.bind(queue, "in", "", {}));
  ASSERT_TRUE(vhost_.bind(dead(), "amq.direct", "good", {}));
  for (const auto* key : {"bad", "good", "bad", "good"}) {
    amqp::BasicProperties decoded;
    Buffer properties;
    amqp::encode_properties(properties, decoded);
    ASSERT_TRUE(vhost_.publish({.exchange = "in",
                                .routing_key = key,
                                .properties = as_text(properties.view()),
                                .body = key,
                                .decoded = decoded}));
    queue.reject(*queue.pop());
  }
  turn();
  EXPECT_EQ(drain(dead()), "good good ");
  EXPECT_EQ(stored_positions(queue), (std::vector<Position>{1, 3}));
}

TEST_F(QueueLifetimes, WhatHasToArriveCountsForTheLimit) {
  auto arguments = at_least_once("x");
  arguments.set("x-max-length", 2);
  Queue& queue = declare("queue", arguments);
  publish("queue", "one");
  queue.reject(*queue.pop());
  turn();
  EXPECT_FALSE(publish("queue", "two").refused);
  EXPECT_TRUE(publish("queue", "three").refused);
}

TEST_F(QueueLifetimes, WhatDiedIsStoredUntilItIsPublishedAnew) {
  Queue& queue = declare_mortal("queue", {});
  publish("queue", "one");
  publish("queue", "two");
  queue.reject(*queue.pop());
  EXPECT_EQ(stored_positions(queue), (std::vector<Position>{1, 2}));
  turn();
  EXPECT_EQ(stored_positions(queue), std::vector<Position>{2});
}

TEST_F(QueueLifetimes, TheDeadOfADeletedQueueGoWithIt) {
  Queue& queue = declare_mortal("queue", {});
  publish("queue", "one");
  queue.reject(*queue.pop());
  vhost_.remove_queue(queue);
  turn();
  EXPECT_EQ(dead().message_count(), 0u);
}

TEST_F(QueueLifetimes, OnlyQueuesWithRoomAreInTheStorage) {
  Queue& full = declare("full", {{"x-max-length", 0}, {"x-overflow", "reject-publish"}});
  const auto outcome = publish("full", "one");
  EXPECT_TRUE(outcome.routed);
  EXPECT_TRUE(outcome.refused);
  EXPECT_EQ(full.message_count(), 0u);
  EXPECT_THAT(storage_.calls(), IsEmpty());
}

TEST_F(QueueLifetimes, AnUnusedQueueGoesUnlessItIsTouched) {
  Queue& queue = declare("queue", {{"x-expires", 100}});
  pass(milliseconds(60));
  queue.touch();
  pass(milliseconds(60));
  EXPECT_TRUE(vhost_.find_queue("queue", 1));
  pass(milliseconds(40));
  EXPECT_FALSE(vhost_.find_queue("queue", 1));
}

TEST_F(QueueLifetimes, AMessageWaitsLongerEachTimeItComesBack) {
  Queue& queue = declare("queue", {{"x-queue-type", "quorum"},
                                   {"x-delayed-retry-type", "all"},
                                   {"x-delayed-retry-min", 100},
                                   {"x-delayed-retry-max", 250}});
  publish("queue", "one");
  for (const int delay : {100, 200, 250, 250}) {
    auto message = queue.pop();
    ASSERT_TRUE(message);
    queue.requeue(*std::move(message), Return::kReturned);
    queue.dispatch();
    EXPECT_EQ(*context_.timers.next(), context_.clock.now + milliseconds(delay));
    pass(milliseconds(delay - 1));
    EXPECT_FALSE(queue.pop());
    pass(milliseconds(1));
  }
  EXPECT_EQ(queue.message_count(), 1u);
}

TEST_F(QueueLifetimes, WhatWaitsForAnotherTryIsStillStored) {
  Queue& queue = declare(
      "queue",
      {{"x-queue-type", "quorum"}, {"x-delayed-retry-type", "all"}, {"x-delayed-retry-min", 100}});
  for (const auto* body : {"1", "2", "3"}) publish("queue", body);
  auto first = queue.pop();
  auto second = queue.pop();
  queue.requeue(*std::move(second));
  queue.requeue(*std::move(first));
  EXPECT_EQ(stored_positions(queue), (std::vector<Position>{1, 2, 3}));
}

TEST_F(QueueLifetimes, RestoredMessagesExpireToo) {
  declare_mortal("queue", {});
  Queue& queue = declare_mortal("other", {});
  publish("queue", "one", {.expiration = "100"});
  auto message = (*vhost_.find_queue("queue", 1))->pop();
  queue.restore(*std::move(message));
  turn();
  EXPECT_EQ(queue.message_count(), 1u);
  pass(milliseconds(100));
  EXPECT_EQ(queue.message_count(), 0u);
}

}  // namespace
}  // namespace bb::broker
