// What the broker and its storage owe each other, seen by publishers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "broker/broker.h"
#include "broker/definition_codec.h"
#include "broker/test_client.h"
#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A client that asked for confirms, and a durable queue "d" of id 1.
class StorageSeam : public testing::Test {
 protected:
  StorageSeam() {
    client.logs_in();
    client.declares("d", /*durable=*/true);
    client.asks_for_confirms();
  }

  void becomes_durable() {
    storage.sync();
    broker.on_durable();
  }
  void first_become_durable(Position count) {
    storage.sync_first(count);
    broker.on_durable();
  }

  TestStorage storage;
  Broker broker{Options{}, storage};
  TestClient client{broker};
};

TEST_F(StorageSeam, AConfirmWaitsForTheStorage) {
  client.publishes_persistent("d", "m1");
  EXPECT_THAT(storage.calls(), ElementsAre("append m1 for 1"));
  EXPECT_THAT(client.received(), IsEmpty());
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1"));
  broker.on_durable();
  EXPECT_THAT(client.received(), IsEmpty());
}

TEST_F(StorageSeam, TheSessionIsToldWhenConfirmsBecomeDue) {
  client.publishes_persistent("d", "m1");
  const int before = client.attention_count();
  broker.on_durable();
  EXPECT_EQ(client.attention_count(), before) << "nothing is durable yet";
  becomes_durable();
  EXPECT_EQ(client.attention_count(), before + 1);
}

TEST_F(StorageSeam, WhatBecameDurableTogetherIsConfirmedByOneAck) {
  for (const char* body : {"m1", "m2", "m3", "m4"}) client.publishes_persistent("d", body);
  first_become_durable(3);
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 3 multiple"));
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 4"));
}

TEST_F(StorageSeam, ATransientMessageDoesNotWait) {
  client.publishes_persistent("d", "m1");
  client.publishes("d", "m2");
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 2"));
  EXPECT_THAT(storage.calls(), ElementsAre("append m1 for 1"));
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1"));
}

TEST_F(StorageSeam, APersistentMessageForTransientQueuesDoesNotWait) {
  client.declares("t");
  client.publishes_persistent("t", "m1");
  EXPECT_THAT(storage.calls(), IsEmpty());
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1"));
}

TEST_F(StorageSeam, AMessageThatReachesNoQueueDoesNotWait) {
  client.publishes_persistent("nowhere", "m1");
  EXPECT_THAT(storage.calls(), IsEmpty());
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1"));
}

TEST_F(StorageSeam, WhatCannotBeKeptIsRefusedAndNotDelivered) {
  storage.fail_appends();
  client.publishes_persistent("d", "m1");
  EXPECT_THAT(client.received(), ElementsAre("basic.nack 1"));
  storage.repair();
  client.publishes_persistent("d", "m2");
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 2"));
  client.gets("d", 2);
  EXPECT_THAT(client.received(), ElementsAre("basic.get-ok 1 m2", "basic.get-empty"));
}

TEST_F(StorageSeam, ARefusalAmongConfirmsIsNotCoveredByThem) {
  client.publishes_persistent("d", "m1");
  storage.fail_appends();
  client.publishes_persistent("d", "m2");
  EXPECT_THAT(client.received(), ElementsAre("basic.nack 2"));
  storage.repair();
  client.publishes_persistent("d", "m3");
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 3 multiple"));
}

TEST_F(StorageSeam, AMessageForSeveralDurableQueuesIsAppendedOnce) {
  client.declares("t");
  for (const char* queue : {"e", "f"}) client.declares(queue, /*durable=*/true);
  for (const char* queue : {"d", "t", "e", "f"}) client.binds(queue, "amq.fanout");
  client.publishes({{.exchange = "amq.fanout", .body = "m1", .persistent = true}});
  EXPECT_THAT(storage.calls(), ElementsAre("append m1 for 1, 3, 4"));
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1"));
}

TEST_F(StorageSeam, EachQueueAcknowledgesTheMessageForItself) {
  client.declares("e", /*durable=*/true);
  for (const char* queue : {"d", "e"}) client.binds(queue, "amq.fanout");
  client.publishes({{.exchange = "amq.fanout", .body = "m1", .persistent = true}});
  storage.calls();
  client.gets("e");
  EXPECT_THAT(storage.calls(), ElementsAre("acknowledge 1 in 2"));
  client.gets("d");
  EXPECT_THAT(storage.calls(), ElementsAre("acknowledge 1 in 1"));
}

TEST_F(StorageSeam, ATransientQueueAcknowledgesNothing) {
  client.declares("t");
  for (const char* queue : {"d", "t"}) client.binds(queue, "amq.fanout");
  client.publishes({{.exchange = "amq.fanout", .body = "m1", .persistent = true}});
  storage.calls();
  client.gets("t");
  EXPECT_THAT(storage.calls(), IsEmpty());
}

TEST_F(StorageSeam, AConsumedMessageIsAcknowledgedWithItsAckAndNotBefore) {
  client.publishes_persistent("d", "m1");
  client.consumes("d");
  EXPECT_THAT(client.received(), ElementsAre("basic.deliver 1 m1"))
      << "delivery waits for no storage";
  EXPECT_THAT(storage.calls(), ElementsAre("append m1 for 1"));
  client.acks(1);
  EXPECT_THAT(storage.calls(), ElementsAre("acknowledge 1 in 1"));
}

TEST_F(StorageSeam, AClientThatVanishesAcknowledgesNothing) {
  client.publishes_persistent("d", "m1");
  client.consumes("d");
  storage.calls();
  client.vanishes();
  EXPECT_THAT(storage.calls(), IsEmpty());
  becomes_durable();  // nobody is left to be told
}

TEST_F(StorageSeam, EachPublisherHearsOfItsOwn) {
  TestClient other{broker};
  other.logs_in();
  other.asks_for_confirms();
  client.publishes_persistent("d", "m1");
  other.publishes_persistent("d", "m2");
  first_become_durable(1);
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1"));
  EXPECT_THAT(other.received(), IsEmpty());
  becomes_durable();
  EXPECT_THAT(client.received(), IsEmpty());
  EXPECT_THAT(other.received(), ElementsAre("basic.ack 1"));
}

TEST_F(StorageSeam, WhoAskedForNoConfirmsHearsOfNothing) {
  TestClient other{broker};
  other.logs_in();
  other.publishes_persistent("d", "m1");
  storage.fail_appends();
  other.publishes_persistent("d", "m2");
  becomes_durable();
  EXPECT_THAT(other.received(), IsEmpty());
}

TEST_F(StorageSeam, ShuttingDownAnswersWhatIsDurableBeforeItSaysGoodbye) {
  client.publishes_persistent("d", "m1");
  client.publishes_persistent("d", "m2");
  storage.sync_first(1);
  broker.shut_down();
  EXPECT_THAT(client.received(), ElementsAre("basic.ack 1", "connection.close 320"));
}

// Keeps what is defined, in the order in which it was told.
class DefinitionStorage final : public Storage {
 public:
  Result<Position> append(const Message&, std::span<const QueueId>) override { return 1; }
  void acknowledge(QueueId, Position) override {}
  void forget_queue(QueueId) override {}
  void put_definition(DefinitionKind kind, std::string_view key, std::string_view value) override {
    definitions.push_back({kind, std::string(key), std::string(value)});
  }
  void erase_definition(DefinitionKind kind, std::string_view key) override {
    std::erase_if(definitions, [&](const StoredDefinition& definition) {
      return definition.kind == kind && definition.key == key;
    });
  }
  Position appended() const override { return 1; }
  Position durable() const override { return 1; }

  std::vector<StoredDefinition> definitions;
};

TEST(StorageOfANewBroker, HasADefaultUserHoweverMuchOfTheFirstStartSurvives) {
  DefinitionStorage first;
  ASSERT_TRUE(Broker(Options{}, first).restore({}));
  ASSERT_EQ(first.definitions.size(), 3u);
  for (std::size_t count = 0; count <= first.definitions.size(); ++count) {
    SCOPED_TRACE(count);
    StoredState state;
    state.definitions.assign(first.definitions.begin(), first.definitions.begin() + count);
    std::ranges::sort(state.definitions, {}, &StoredDefinition::kind);
    DefinitionStorage storage;
    Broker broker(Options{}, storage);
    ASSERT_TRUE(broker.restore(std::move(state)));
    TestClient client(broker);
    client.logs_in();
  }
}

TEST(StorageOfANewBroker, MayHaveLostWhatABindingNeeds) {
  DefinitionStorage first;
  StoredState state;
  {
    Broker broker(Options{}, first);
    ASSERT_TRUE(broker.restore({}));
    TestClient client(broker);
    client.logs_in();
    client.declares("a", /*durable=*/true);
    client.declares("b", /*durable=*/true);
    client.binds("a", "amq.fanout");
    client.binds("b", "amq.fanout");
  }
  for (const StoredDefinition& definition : first.definitions) {
    const auto queue = decode_queue(definition.key, definition.value);
    if (definition.kind == DefinitionKind::kQueue && queue && queue->name == "a") continue;
    state.definitions.push_back(definition);
  }
  std::ranges::sort(state.definitions, {}, &StoredDefinition::kind);
  Broker broker(Options{}, first);
  ASSERT_TRUE(broker.restore(std::move(state)));
  EXPECT_FALSE(broker.find_vhost("/")->has_queue("a"));
  EXPECT_EQ(broker.find_vhost("/")->binding_count(), 1u);
  // The other one does not come back with the queue, should somebody declare it once more.
  EXPECT_EQ(
      std::ranges::count(first.definitions, DefinitionKind::kBinding, &StoredDefinition::kind), 1);
}

}  // namespace
}  // namespace bb::broker
