// Streams on a disk that crashes: what is there afterwards, under which offsets.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/storage_checkpoint.h"
#include "broker/test_log_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class StreamStorageTest : public LogStorageTest {
 protected:
  void declare(const std::string& stream, amqp::FieldTable arguments = {}) {
    arguments.set("x-queue-type", "stream");
    client->sends(amqp::queue::Declare{
        .queue = stream, .durable = true, .no_wait = true, .arguments = arguments});
  }
  const StreamLog& log_of(const std::string& stream) {
    return broker->find_vhost("/")->peek_queue(stream)->stream_log();
  }
  // The bodies from an offset on, each with its own.
  std::vector<std::string> read(const std::string& stream, std::int64_t from = 0) {
    TestClient reader(*broker);
    reader.logs_in();
    reader.sends(amqp::basic::Qos{.prefetch_count = UINT16_MAX});
    reader.sends(amqp::basic::Consume{.queue = stream,
                                      .consumer_tag = "c",
                                      .no_wait = true,
                                      .arguments = {{"x-stream-offset", from}}});
    std::vector<std::string> bodies;
    for (;;) {
      const auto received = reader.received();
      std::size_t deliveries = 0;
      for (const std::string& frame : received) {
        if (!frame.starts_with("basic.deliver")) continue;
        bodies.push_back(frame.substr(frame.rfind(' ') + 1));
        ++deliveries;
      }
      if (deliveries == 0 && !broker->next_deadline()) return bodies;
      broker->on_time(TimePoint{});
    }
  }
};

TEST_F(StreamStorageTest, WhatIsSyncedSurvivesACrashUnderItsOffset) {
  declare("s");
  client->publishes_persistent("s", "m0");
  client->publishes("s", "m1");  // transient: a stream keeps it all the same
  sync();
  crash_and_start();
  EXPECT_THAT(read("s"), ElementsAre("m0", "m1"));
  EXPECT_THAT(read("s", 1), ElementsAre("m1"));
  client->publishes_persistent("s", "m2");
  EXPECT_THAT(read("s", 2), ElementsAre("m2"));
  sync();
  checkpoint();
  crash_and_start();
  EXPECT_THAT(read("s", 1), ElementsAre("m1", "m2"));
  EXPECT_EQ(log_of("s").next_offset(), 3u);
}

TEST_F(StreamStorageTest, AClassicQueueBesideItForgetsWhatIsTransient) {
  declare("s");
  client->declares("d", /*durable=*/true);
  for (const char* queue : {"s", "d"}) client->binds(queue, "amq.fanout");
  client->publishes({{.exchange = "amq.fanout", .body = "transient"},
                     {.exchange = "amq.fanout", .body = "persistent", .persistent = true}});
  sync();
  crash_and_start();
  EXPECT_THAT(read("s"), ElementsAre("transient", "persistent"));
  EXPECT_THAT(drain("d"), ElementsAre("persistent"));
}

TEST_F(StreamStorageTest, ReadingTakesNothing) {
  declare("s");
  publish_numbers("s", 0, 9, 100);
  sync();
  EXPECT_THAT(read("s"), SizeIs(10));
  sync();
  crash_and_start();
  EXPECT_EQ(read("s"), numbers(0, 9));
  checkpoint();
  end();
  start();
  EXPECT_EQ(read("s"), numbers(0, 9));
}

TEST_F(StreamStorageTest, ACutHeadStaysCut) {
  declare("s", {{"x-max-length-bytes", 18'000}, {"x-stream-max-segment-size-bytes", 5'000}});
  publish_numbers("s", 0, 49, 1000);
  const StreamOffset first = log_of("s").first_offset();
  EXPECT_GE(first, 25u);
  sync();
  crash_and_start();
  EXPECT_EQ(log_of("s").first_offset(), first);
  EXPECT_EQ(read("s"), numbers(static_cast<int>(first), 49));
  checkpoint();
  publish_numbers("s", 50, 99, 1000);
  sync();
  const StreamOffset second = log_of("s").first_offset();
  EXPECT_GT(second, first);
  crash_and_start();
  EXPECT_EQ(log_of("s").first_offset(), second);
  EXPECT_EQ(read("s"), numbers(static_cast<int>(second), 99));
}

TEST_F(StreamStorageTest, SegmentsOfTheLogGoWithWhatTheStreamDrops) {
  declare("s", {{"x-max-length-bytes", 40'000}, {"x-stream-max-segment-size-bytes", 10'000}});
  for (int round = 0; round < 20; ++round) {
    publish_numbers("s", round * 50, round * 50 + 49, 1000);
    sync();
    checkpoint();
    for (int i = 0; i < 10; ++i) {
      client->publishes_persistent("nowhere", "x");
      client->declares(fmt::format("q{}.{}", round, i), /*durable=*/true);
      sync();
    }
  }
  EXPECT_LT(storage->disk_bytes(), 400'000u) << "a megabyte was published";
  crash_and_start();
  EXPECT_EQ(read("s").back(), "999");
  EXPECT_EQ(log_of("s").next_offset(), 1000u);
}

// Little is left of the segments that the stream's messages are in: they are copied out of them.
TEST_F(StreamStorageTest, MessagesThatWereMovedKeepTheirOffsets) {
  declare("s");
  client->declares("d", /*durable=*/true);
  for (int i = 0; i < 20; ++i) {
    client->publishes_persistent("s", std::to_string(i));
    publish_numbers("d", 0, 9, 1000);
  }
  client->sends(amqp::queue::Purge{.queue = "d", .no_wait = true});
  sync();
  const std::uint64_t before = storage->disk_bytes();
  for (int i = 0; i < 30; ++i) {
    checkpoint();
    client->declares(fmt::format("q{}", i), /*durable=*/true);
    sync();
  }
  EXPECT_LT(storage->disk_bytes(), before / 2);
  EXPECT_EQ(read("s"), numbers(0, 19));
  crash_and_start();
  EXPECT_EQ(read("s"), numbers(0, 19));
  EXPECT_EQ(read("s", 7), numbers(7, 19));
}

TEST_F(StreamStorageTest, ADeletedStreamIsGone) {
  declare("s");
  publish_numbers("s", 0, 99, 1000);
  sync();
  client->sends(amqp::queue::Delete{.queue = "s", .no_wait = true});
  sync();
  for (int i = 0; i < 20; ++i) {
    checkpoint();
    client->declares(fmt::format("q{}", i), /*durable=*/true);
    sync();
  }
  EXPECT_LT(storage->disk_bytes(), 100'000u);
  crash_and_start();
  EXPECT_FALSE(broker->find_vhost("/")->has_queue("s"));
  declare("s");
  client->publishes_persistent("s", "again");
  EXPECT_THAT(read("s"), ElementsAre("again"));
}

TEST_F(StreamStorageTest, KeepsItsLastSegmentAndGoesOnCounting) {
  declare("s", {{"x-max-length-bytes", 0}, {"x-stream-max-segment-size-bytes", 1}});
  publish_numbers("s", 0, 9, 100);
  sync();
  checkpoint();
  crash_and_start();
  EXPECT_THAT(read("s"), ElementsAre("9"));
  EXPECT_EQ(log_of("s").next_offset(), 10u);
}

TEST_F(StreamStorageTest, WhatARepairGaveUpKeepsItsPlace) {
  declare("s");
  publish_numbers("s", 0, 9, 1000);
  sync();
  checkpoint();
  publish_numbers("s", 10, 40, 1000);
  sync();
  checkpoint();
  end();
  // In the first segment, after some messages.
  std::vector<std::string> names = *disk.list();
  std::string first;
  for (const std::string& name : names) {
    if (name.ends_with(".log") && (first.empty() || name < first)) first = name;
  }
  disk.flip_bit(first, 5000, 1);
  options.repair = log::RepairMode::kRepair;
  start();
  const std::vector<std::string> bodies = read("s");
  EXPECT_LT(bodies.size(), 41u);
  EXPECT_GT(bodies.size(), 30u);
  EXPECT_THAT(read("s", 40), ElementsAre("40"));
  EXPECT_EQ(log_of("s").next_offset(), 41u);
}

// Written by the version before there were streams: no message is in one.
TEST(StorageCheckpoint, OfTheFirstVersionIsRead) {
  // Version 1, position 4096, queue number 3; no definition; queue 3 has two messages, at 64 (12
  // bytes) and, redelivered, at 192 (300 bytes); one that was moved from 64 to 2048.
  constexpr unsigned char kBytes[] = {1,  0x80, 0x20, 3,    0,    3, 2,    0x80, 0x02,
                                      12, 0x81, 0x04, 0xac, 0x02, 0, 0x40, 0x80, 0x10};
  std::vector<std::pair<QueueId, Position>> messages;
  std::vector<std::pair<Position, Position>> moved;
  CheckpointContent content;
  content.on_definition = [](const DefinitionText&) { ADD_FAILURE(); };
  content.on_message = [&](QueueId queue, const QueuedMessage& message) {
    messages.emplace_back(queue, message.position);
  };
  content.on_chunk = [](QueueId, const StreamLog::Chunk&) { ADD_FAILURE(); };
  content.on_moved = [&](Position identity, Position at) { moved.emplace_back(identity, at); };
  const auto read = read_checkpoint_content(std::as_bytes(std::span(kBytes)), content);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(content.position, 4096u);
  EXPECT_EQ(content.queue_id_max, 3u);
  EXPECT_THAT(messages, ElementsAre(std::pair(3, 64), std::pair(3, 192)));
  EXPECT_THAT(moved, ElementsAre(std::pair(64, 2048)));
}

TEST(StorageCheckpoint, SaysWhatStreamsHold) {
  StreamLog log({.segment_bytes = 100});
  for (Position position = 8; position < 8000; position += 8) log.append(position, 7, 1000);
  log.truncate(log.first_segment().end_offset, [](Position) {});
  StreamLog empty;
  empty.set_next_offset(5);
  CheckpointWriter writer;
  writer.begin(9000, 4);
  writer.end_definitions();
  writer.end_queues();
  writer.stream(3, log);
  writer.stream(4, empty);
  writer.end_streams();
  writer.moved(8, 16);
  const Buffer bytes = writer.take();
  std::map<QueueId, StreamLog> found;
  CheckpointContent content;
  content.on_definition = [](const DefinitionText&) { ADD_FAILURE(); };
  content.on_message = [](QueueId, const QueuedMessage&) { ADD_FAILURE(); };
  content.on_moved = [](Position identity, Position at) {
    EXPECT_EQ(identity, 8u);
    EXPECT_EQ(at, 16u);
  };
  content.on_chunk = [&](QueueId stream, StreamLog::Chunk chunk) {
    if (chunk.count == 0) {
      found[stream].set_next_offset(chunk.first_offset);
    } else {
      EXPECT_TRUE(found[stream].add_chunk(std::move(chunk)));
    }
  };
  ASSERT_TRUE(read_checkpoint_content(bytes.view(), content));
  EXPECT_EQ(found[3].first_offset(), log.first_offset());
  EXPECT_EQ(found[3].next_offset(), log.next_offset());
  EXPECT_EQ(found[3].segment_count(), log.segment_count());
  EXPECT_EQ(found[4].first_offset(), 5u);
  // Cut off anywhere it is no checkpoint.
  content.on_chunk = [](QueueId, const StreamLog::Chunk&) {};
  content.on_moved = [](Position, Position) {};
  for (std::size_t size = 0; size + 2 < bytes.size(); ++size) {
    EXPECT_FALSE(read_checkpoint_content(bytes.view().first(size), content)) << size;
  }
}

}  // namespace
}  // namespace bb::broker
