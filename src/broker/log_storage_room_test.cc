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
