// The storage on disk, under a broker, on a disk that crashes.
#include "broker/log_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/test_log_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(LogStorageTest, WhatIsSyncedSurvivesACrash) {
  client->declares("d", /*durable=*/true);
  client->declares("t", /*durable=*/false);
  client->publishes_persistent("d", "m1");
  client->publishes("d", "transient");
  client->publishes_persistent("t", "m2");
  client->publishes_persistent("d", "m3");
  sync();
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("m1", "m3"));
  client->gets("t");
  EXPECT_THAT(client->received(), ElementsAre("channel.close 404"));
}

TEST_F(LogStorageTest, AQuorumQueueKeepsTransientMessagesToo) {
  client->sends(amqp::queue::Declare{
      .queue = "q", .durable = true, .no_wait = true, .arguments = {{"x-queue-type", "quorum"}}});
  client->declares("d", /*durable=*/true);
  client->binds("q", "amq.fanout");
  client->binds("d", "amq.fanout");
  client->asks_for_confirms();
  client->publishes({{.exchange = "amq.fanout", .body = "m"}});
  EXPECT_THAT(client->received(), IsEmpty()) << "not before it is on disk";
  sync();
  EXPECT_THAT(client->received(), ElementsAre("basic.ack 1"));
  crash_and_start();
  EXPECT_THAT(drain("q"), ElementsAre("m"));
  EXPECT_THAT(drain("d"), IsEmpty());
}

TEST_F(LogStorageTest, WhatIsWrittenSurvivesAKill) {
  client->declares("d", /*durable=*/true);
  client->publishes_persistent("d", "m1");
  ASSERT_TRUE(storage->flush());
  kill_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("m1"));
}

TEST_F(LogStorageTest, WhatWasAcknowledgedStaysGone) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 5, 1);
  client->consumes("d");
  client->acks(1);
  client->acks(3);
  sync();
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("2", "4", "5"));
  sync();
  crash_and_start();
  EXPECT_THAT(drain("d"), IsEmpty());
}

TEST_F(LogStorageTest, ExchangesAndBindingsSurvive) {
  client->sends(
      amqp::exchange::Declare{.exchange = "x", .type = "fanout", .durable = true, .no_wait = true});
  for (const char* queue : {"a", "b", "c"}) {
    client->declares(queue, /*durable=*/true);
    client->binds(queue, "x");
  }
  client->sends(amqp::queue::Unbind{.queue = "b", .exchange = "x"});
  client->sends(amqp::queue::Delete{.queue = "c", .no_wait = true});
  sync();
  crash_and_start();
  client->publishes({{.exchange = "x", .body = "m", .persistent = true}});
  EXPECT_THAT(drain("a"), ElementsAre("m"));
  EXPECT_THAT(drain("b"), IsEmpty());
  client->gets("c");
  EXPECT_THAT(client->received(), ElementsAre("channel.close 404"));
}

TEST_F(LogStorageTest, BindingsBetweenExchangesSurvive) {
  const auto declare = [&](std::string_view name, const amqp::FieldTable& arguments) {
    client->sends(amqp::exchange::Declare{.exchange = name,
                                          .type = "direct",
                                          .durable = true,
                                          .no_wait = true,
                                          .arguments = arguments});
  };
  declare("x", {{"alternate-exchange", "z"}});
  for (const char* name : {"y", "z", "gone"}) declare(name, {});
  client->declares("q", /*durable=*/true);
  for (const char* from : {"y", "z"}) client->binds("q", from);
  for (const char* key : {"a", "b"}) {
    client->sends(amqp::exchange::Bind{
        .destination = "y", .source = "x", .routing_key = key, .no_wait = true});
  }
  client->sends(amqp::exchange::Unbind{
      .destination = "y", .source = "x", .routing_key = "b", .no_wait = true});
  for (const char* other : {"amq.direct", "y"}) {
    client->sends(amqp::exchange::Bind{.destination = "gone", .source = other, .no_wait = true});
  }
  client->sends(amqp::exchange::Delete{.exchange = "gone", .no_wait = true});
  client->sends(
      amqp::queue::Bind{.queue = "q", .exchange = "y", .routing_key = "a", .no_wait = true});
  sync();
  crash_and_start();
  const VHost& vhost = *broker->find_vhost("/");
  EXPECT_EQ(vhost.binding_count(), 4u);
  const auto publish = [&](std::string_view key) {
    client->publishes({{.exchange = "x", .routing_key = key, .body = key, .persistent = true}});
  };
  publish("a");
  publish("b");
  EXPECT_THAT(drain("q"), ElementsAre("a"));
  publish("");
  EXPECT_THAT(drain("q"), ElementsAre("")) << "by the alternate exchange";
}

TEST_F(LogStorageTest, ADeletedQueueDoesNotComeBackUnderItsName) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 3, 1);
  client->sends(amqp::queue::Delete{.queue = "d", .no_wait = true});
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 4, 4, 1);
  sync();
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("4"));
}

TEST_F(LogStorageTest, AConfirmLeavesWhenItsSyncIsDone) {
  client->declares("d", /*durable=*/true);
  client->asks_for_confirms();
  publish_numbers("d", 1, 2, 1);
  ASSERT_TRUE(storage->flush());
  broker->on_durable();
  EXPECT_THAT(client->received(), IsEmpty());
  EXPECT_TRUE(storage->wants_sync());
  sync();
  EXPECT_THAT(client->received(), ElementsAre("basic.ack 2 multiple"));
  EXPECT_FALSE(storage->wants_sync());
}

TEST_F(LogStorageTest, ACheckpointLetsSegmentsGo) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 200, 1000);
  sync();
  const std::size_t before = storage->segment_count();
  EXPECT_GT(before, 10u);
  for (int i = 0; i < 150; ++i) client->gets("d");
  sync();
  EXPECT_EQ(storage->segment_count(), before) << "no checkpoint yet";
  checkpoint();
  for (std::size_t i = 0; i < before; ++i) {
    client->publishes_persistent("d", "more");
    sync();
  }
  EXPECT_LT(storage->segment_count(), 7u);
  crash_and_start();
  auto expected = numbers(151, 200);
  expected.insert(expected.end(), before, "more");
  EXPECT_EQ(drain("d"), expected);
}

TEST_F(LogStorageTest, AFewMessagesDoNotHoldSegmentsForEver) {
  for (const char* queue : {"slow", "slow too", "fast"}) {
    client->declares(queue, /*durable=*/true);
  }
  client->sends(
      amqp::exchange::Declare{.exchange = "x", .type = "fanout", .durable = true, .no_wait = true});
  client->binds("slow", "x");
  client->binds("slow too", "x");
  for (int i = 1; i <= 10; ++i) {
    client->publishes({{.exchange = "x", .body = std::to_string(i), .persistent = true}});
    publish_numbers("fast", 1, 30, 1000);
    drain("fast");
    sync();
  }
  checkpoint();
  for (int i = 0; i < 30; ++i) {
    client->publishes_persistent("fast", "more");
    sync();
  }
  EXPECT_LT(storage->segment_count(), 6u);
  EXPECT_EQ(drain("slow"), numbers(1, 10));
  sync();
  // Moved, counted on by one queue only, and moved again.
  crash_and_start();
  publish_numbers("fast", 1, 60, 1000);
  drain("fast");
  sync();
  checkpoint();
  checkpoint();
  crash_and_start();
  EXPECT_EQ(drain("slow"), std::vector<std::string>());
  EXPECT_EQ(drain("slow too"), numbers(1, 10));
}

TEST_F(LogStorageTest, WhatClientsHoldIsInTheCheckpoint) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 5, 1);
  client->consumes("d");
  client->acks(2);
  checkpoint();
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("1", "3", "4", "5"));
}

TEST_F(LogStorageTest, WhatATransactionHasYetToAcknowledgeIsInTheCheckpoint) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 5, 1);
  client->consumes("d");
  client->sends(amqp::tx::Select{});
  client->acks(2);
  checkpoint();
  crash_and_start();
  EXPECT_EQ(drain("d"), numbers(1, 5));
}

TEST_F(LogStorageTest, SegmentsGoOnWhileATransactionHoldsSomeOfThem) {
  client->declares("d", /*durable=*/true);
  client->declares("fast", /*durable=*/true);
  publish_numbers("d", 1, 3, 1);
  client->consumes("d");
  client->sends(amqp::tx::Select{});
  client->acks(2);
  client->received();
  TestClient other(*broker);
  other.logs_in();
  for (int i = 0; i < 60; ++i) {
    other.publishes_persistent("fast", body_of("m", 1000));
    other.gets("fast");
  }
  sync();
  checkpoint();
  client->acks(1);
  client->acks(3);
  client->sends(amqp::tx::Commit{});
  sync();
  EXPECT_THAT(client->received(), ElementsAre("tx.commit-ok"));
  other.vanishes();
  checkpoint();
  crash_and_start();
  EXPECT_THAT(drain("d"), IsEmpty());
}

TEST_F(LogStorageTest, ACommitOfAcknowledgementsIsAnsweredWhenTheyAreOnDisk) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 1, 1);
  client->consumes("d");
  client->sends(amqp::tx::Select{});
  sync();
  client->received();
  client->acks(1);
  client->sends(amqp::tx::Commit{});
  EXPECT_THAT(client->received(), IsEmpty());
  ASSERT_TRUE(storage->flush());
  EXPECT_TRUE(storage->wants_sync());
  sync();
  EXPECT_THAT(client->received(), ElementsAre("tx.commit-ok"));
}

TEST_F(LogStorageTest, AQueueThatGoesWhileAClientHoldsItsMessages) {
  client->declares("d", /*durable=*/true);
  client->declares("e", /*durable=*/true);
  client->binds("d", "amq.fanout");
  client->binds("e", "amq.fanout");
  client->publishes({{.exchange = "amq.fanout", .body = "m", .persistent = true}});
  client->consumes("d");
  client->sends(amqp::queue::Delete{.queue = "d", .no_wait = true});
  publish_numbers("e", 1, 60, 1000);
  sync();
  checkpoint();
  client->acks(1);
  checkpoint();
  crash_and_start();
  auto expected = numbers(1, 60);
  expected.insert(expected.begin(), "m");
  EXPECT_EQ(drain("e"), expected);
}

TEST_F(LogStorageTest, ABacklogTakesLittleMemory) {
  broker_options.resident_bytes_max = 64 << 10;
  end();
  start();
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 2000, 1000);
  sync();
  EXPECT_LT(broker->message_bytes(), 200'000u);
  EXPECT_EQ(drain("d"), numbers(1, 2000));
}

// The newest checkpoint, and the only one.

TEST_F(LogStorageTest, ARepairGoesOnWithoutADamagedCheckpoint) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 3, 1);
  checkpoint();
  end();
  disk.kill();
  disk.flip_bit("0000000000000001.checkpoint", 40, 1);
  const auto refused = LogStorage::open(disk, options, /*now_ms=*/1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
  options.repair = log::RepairMode::kRepair;
  start();
  EXPECT_TRUE(storage->wants_checkpoint());
  EXPECT_EQ(drain("d"), numbers(1, 3));
}

// What the one before it knows, and the log, are not all: a segment between the two is gone.

TEST_F(LogStorageTest, ADamagedCheckpointIsNotReplacedByOneThatIsTooOld) {
  checkpoint();
  publish_numbers("nowhere", 1, 1, 1);
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 40, 1000);
  drain("d");
  publish_numbers("d", 41, 41, 1);
  sync();
  checkpoint();
  for (int i = 0; i < 5; ++i) {
    publish_numbers("d", 42 + i, 42 + i, 1);
    sync();
  }
  end();
  disk.kill();
  disk.flip_bit("0000000000000002.checkpoint", 40, 1);
  const auto refused = LogStorage::open(disk, options, /*now_ms=*/1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
  options.repair = log::RepairMode::kRepair;
  auto repaired = LogStorage::open(disk, options, /*now_ms=*/1);
  EXPECT_TRUE(repaired) << repaired.error().message;
}

TEST_F(LogStorageTest, ANumberOfAQueueDoesNotComeAgain) {
  const auto number_of = [&](const char* queue) {
    client->declares(queue, /*durable=*/true);
    return (*broker->find_vhost("/")->find_queue(queue, 0))->id();
  };
  const auto goes = [&](const char* queue) {
    client->sends(amqp::queue::Delete{.queue = queue, .no_wait = true});
    sync();
  };
  const QueueId first = number_of("a");
  checkpoint();
  goes("a");
  crash_and_start();
  const QueueId second = number_of("b");
  EXPECT_GT(second, first);
  goes("b");
  checkpoint();
  crash_and_start();
  EXPECT_GT(number_of("c"), second);
}

TEST_F(LogStorageTest, TheMoreWaitsTheLaterTheNextCheckpoint) {
  options.checkpoint_bytes = 1;
  options.checkpoint_part = 1;
  options.checkpoint_bytes_each = 1000;
  end();
  start();
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 10, 1);
  EXPECT_TRUE(storage->wants_checkpoint());
  checkpoint();
  publish_numbers("d", 11, 11, 5000);
  EXPECT_FALSE(storage->wants_checkpoint()) << "it told of ten";
  publish_numbers("d", 12, 12, 5000);
  EXPECT_TRUE(storage->wants_checkpoint());
}

}  // namespace
}  // namespace bb::broker
