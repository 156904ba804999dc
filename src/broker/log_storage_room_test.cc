// The storage on disk, under a broker, on a disk that is full or fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/test_log_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using LogStorageRoom = LogStorageTest;

TEST_F(LogStorageRoom, ACommitOfAcknowledgementsThatCannotBeKeptClosesTheChannel) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 1, 1);
  client->consumes("d");
  client->sends(amqp::tx::Select{});
  disk.fail_sync();
  sync();
  broker->on_storage_failed();
  client->received();
  client->acks(1);
  client->sends(amqp::tx::Commit{});
  EXPECT_THAT(client->received(), ElementsAre("channel.close 406"));
}

TEST_F(LogStorageRoom, AFullDiskRefusesAndGoesOnWhenThereIsRoom) {
  client->declares("d", /*durable=*/true);
  client->asks_for_confirms();
  publish_numbers("d", 1, 1, 1);
  sync();
  disk.set_free_bytes(0);
  std::uint64_t kept = 1;
  for (;; ++kept) {
    client->received();
    client->publishes_persistent("d", body_of("m", 1000));
    if (const auto answer = client->received(); !answer.empty()) {
      EXPECT_THAT(answer, ElementsAre("basic.nack " + std::to_string(kept + 1)));
      break;
    }
  }
  EXPECT_LT(kept, 20u);
  client->gets("d");
  sync();
  disk.set_free_bytes(io::SimulatedDisk::kUnlimited);
  client->received();
  client->publishes_persistent("d", "after");
  sync();
  crash_and_start();
  const auto left = drain("d");
  EXPECT_EQ(left.size(), kept);
  EXPECT_EQ(left.back(), "after");
}

class LogStorageNoRoom : public LogStorageRoom {
 protected:
  LogStorageNoRoom() {
    end();
    options.checkpoint_bytes = 1 << 30;
    options.dead_bytes_min = 4 << 10;
    start();
    client->declares("d", /*durable=*/true);
    client->asks_for_confirms();
    sync();
  }
  // Publishes until there is no room; how many were taken.
  int fill() {
    client->received();
    for (int count = 0; count < 1000; ++count) {
      client->publishes_persistent("d", body_of("m", 1000));
      const auto answer = client->received();
      if (!answer.empty() && answer.back().starts_with("basic.nack")) return count;
    }
    ADD_FAILURE() << "never full";
    return 1000;
  }
  // What the driver does, once a second.
  void ticks() {
    now_ms += 1000;
    storage->set_time(now_ms);
    sync();
    if (storage->wants_checkpoint()) checkpoint();
    for (int i = 0; i < 100 && storage->wants_release(); ++i) sync();
    EXPECT_FALSE(storage->wants_release());
  }
  std::int64_t now_ms = 1;
};

TEST_F(LogStorageNoRoom, WhatNobodyNeedsMakesRoom) {
  for (const bool told : {false, true}) {
    SCOPED_TRACE(told);
    disk.set_free_bytes(100'000);
    const int taken = fill();
    EXPECT_GT(taken, 50);
    storage->set_disk_low(told);
    ticks();
    ticks();
    EXPECT_LT(fill(), 3) << "all of it is needed";
    drain("d");
    ticks();
    ticks();
    EXPECT_LE(storage->segment_count(), 2u);
    // All but the few that are in the segment that was begun last.
    EXPECT_GE(fill(), taken - 10);
    drain("d");
    disk.set_free_bytes(io::SimulatedDisk::kUnlimited);
    storage->set_disk_low(false);
    ticks();
  }
}

TEST_F(LogStorageNoRoom, ASegmentThatGrowsIsEndedForIt) {
  options.log.segment_bytes = 1 << 20;  // all of it is in one
  options.log.reserve_step_bytes = 16 << 10;
  end();
  start();
  client->asks_for_confirms();
  disk.set_free_bytes(100'000);
  const int taken = fill();
  EXPECT_GT(taken, 50);
  EXPECT_EQ(storage->segment_count(), 1u);
  drain("d");
  ticks();
  ticks();
  EXPECT_GE(fill(), taken - 10);
  sync();
  client->received();
  const auto waiting = drain("d").size();
  EXPECT_GE(waiting, static_cast<std::size_t>(taken - 10));
  disk.set_free_bytes(io::SimulatedDisk::kUnlimited);
  crash_and_start();
}

TEST_F(LogStorageNoRoom, AFewThatAreNeededMoveAway) {
  options.log.reserve_bytes = 8 << 10;
  end();
  start();
  client->asks_for_confirms();
  disk.set_free_bytes(200'000);
  const int taken = fill();
  // One in a segment stays.
  client->gets("d");
  for (int i = 1; i < taken; ++i)
    client->sends(amqp::basic::Get{.queue = "d", .no_ack = i % 15 != 0});
  client->received();
  for (int i = 0; i < 12; ++i) ticks();
  EXPECT_LT(storage->segment_count(), 8u);
  EXPECT_GE(fill(), taken / 2);
}

TEST_F(LogStorageRoom, ACloseLeavesNothingThatNobodyNeeds) {
  client->declares("d", /*durable=*/true);
  publish_numbers("d", 1, 200, 1000);
  sync();
  EXPECT_GT(storage->segment_count(), 5u);
  drain("d");
  ASSERT_TRUE(storage->close(*broker));
  EXPECT_EQ(storage->segment_count(), 1u);
}

TEST_F(LogStorageRoom, AfterAFailedSyncNothingIsConfirmed) {
  client->declares("d", /*durable=*/true);
  client->asks_for_confirms();
  publish_numbers("d", 1, 2, 1);
  disk.fail_sync();
  sync();
  EXPECT_THAT(client->received(), IsEmpty());
  ASSERT_TRUE(storage->failed());
  broker->on_storage_failed();
  EXPECT_THAT(client->received(), ElementsAre("basic.nack 1", "basic.nack 2"));
  publish_numbers("d", 3, 3, 1);
  EXPECT_THAT(client->received(), ElementsAre("basic.nack 3"));
  EXPECT_FALSE(storage->begin_sync());
}

TEST_F(LogStorageRoom, WhatCannotBeAppendedForNowWaits) {
  options.log.reserve_step_bytes = 1;  // room is asked for with every record
  end();
  start();
  client->declares("d", /*durable=*/true);
  client->declares("full", /*durable=*/true);
  publish_numbers("full", 1, 20, 1000);  // the segment that had room
  publish_numbers("d", 1, 2, 1);
  sync();
  disk.set_writes_fail(true);
  client->gets("d");
  client->declares("e", /*durable=*/true);
  ASSERT_TRUE(storage->flush());
  ASSERT_FALSE(storage->failed());
  disk.set_writes_fail(false);
  sync();
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("2"));
  EXPECT_THAT(drain("e"), IsEmpty());
}

TEST_F(LogStorageRoom, WhatWaitsForRoomIsBounded) {
  options.log.reserve_step_bytes = 1;  // room is asked for with every record
  options.unwritten_bytes_max = 2000;
  end();
  start();
  client->declares("d", /*durable=*/true);
  client->declares("full", /*durable=*/true);
  publish_numbers("full", 1, 20, 1000);  // the segment that had room
  publish_numbers("d", 1, 3, 1);
  sync();
  disk.set_free_bytes(0);
  client->gets("d");
  client->declares("e", /*durable=*/true);
  client->binds("e", "amq.fanout");
  client->received();
  for (std::uint64_t tag = 2; tag < 2000; ++tag) {
    client->sends(amqp::basic::Get{.queue = "d", .no_ack = false});
    client->sends(amqp::basic::Nack{.delivery_tag = tag, .requeue = true});
    client->received();
    ASSERT_TRUE(storage->flush());
  }
  EXPECT_LE(storage->unwritten_bytes(), 2000u);
  EXPECT_FALSE(storage->wants_checkpoint());
  client->asks_for_confirms();
  client->publishes_persistent("d", "refused");
  EXPECT_THAT(client->received(), ElementsAre("basic.nack 1"));

  disk.set_free_bytes(io::SimulatedDisk::kUnlimited);
  EXPECT_TRUE(storage->wants_checkpoint());
  auto job = storage->begin_checkpoint(*broker);
  ASSERT_TRUE(job) << job.error().message;
  client->declares("during", /*durable=*/true);
  client->publishes_persistent("d", "refused");
  EXPECT_THAT(client->received(), ElementsAre("basic.nack 2"));
  sync();
  ASSERT_TRUE(storage->may_run(*job));
  storage->end_checkpoint(std::move(*job), job->run());
  sync();
  client->publishes({{.exchange = "amq.fanout", .body = "kept", .persistent = true}});
  client->publishes_persistent("during", "kept-too");
  sync();
  EXPECT_THAT(client->received(), ElementsAre("basic.ack 4 multiple"));
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("2", "3"));
  EXPECT_THAT(drain("e"), ElementsAre("kept"));
  EXPECT_THAT(drain("during"), ElementsAre("kept-too"));
}

TEST_F(LogStorageRoom, WhatWaitedForRoomIsToldByTheNextCheckpointThatIsWritten) {
  options.log.reserve_step_bytes = 1;
  options.unwritten_bytes_max = 100;
  end();
  start();
  client->declares("d", /*durable=*/true);
  client->declares("full", /*durable=*/true);
  publish_numbers("full", 1, 20, 1000);
  publish_numbers("d", 1, 3, 1);
  sync();
  disk.set_free_bytes(0);
  for (int i = 0; i < 200; ++i) client->declares("e" + std::to_string(i), /*durable=*/true);
  client->gets("d");
  ASSERT_TRUE(storage->flush());
  auto job = storage->begin_checkpoint(*broker);
  ASSERT_TRUE(job);
  client->declares("during", /*durable=*/true);
  storage->end_checkpoint(std::move(*job), fail(ErrorCode::kDiskFull, "no room"));
  disk.set_free_bytes(io::SimulatedDisk::kUnlimited);
  EXPECT_TRUE(storage->wants_checkpoint());
  checkpoint();
  crash_and_start();
  EXPECT_THAT(drain("d"), ElementsAre("2", "3"));
  for (const char* queue : {"e199", "during"}) {
    EXPECT_TRUE(broker->find_vhost("/")->has_queue(queue)) << queue;
  }
}

}  // namespace
}  // namespace bb::broker
