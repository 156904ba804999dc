#include "broker/stream_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr StreamLog::Limits kSmall{.segment_bytes = 1000};

// Positions from `cursor` on; 0 for what was lost.
std::vector<Position> read(const StreamLog& log, StreamLog::Cursor cursor) {
  std::vector<Position> positions;
  while (const auto entry = log.next(cursor)) {
    EXPECT_EQ(entry->offset + 1, cursor.offset());
    positions.push_back(entry->position);
  }
  return positions;
}

// Messages 0 to `count` - 1 at positions 10, 20, ..., each a second behind the one before.
StreamLog log_of(std::uint64_t count, std::uint64_t body_bytes = 1,
                 const StreamLog::Limits& limits = {}) {
  StreamLog log(limits);
  for (std::uint64_t i = 0; i < count; ++i) {
    log.append(10 * (i + 1), body_bytes, static_cast<std::int64_t>(i) * 1000);
  }
  return log;
}

TEST(StreamLog, IsEmptyAtFirst) {
  StreamLog log;
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.first_offset(), 0u);
  EXPECT_EQ(log.next_offset(), 0u);
  EXPECT_EQ(log.segment_count(), 0u);
  StreamLog::Cursor cursor = log.find(0);
  EXPECT_FALSE(log.next(cursor));
  log.append(7, 1, 1);
  EXPECT_THAT(read(log, cursor), ElementsAre(7));
}

TEST(StreamLog, IsReadFromAnyOffset) {
  const StreamLog log = log_of(5000);
  for (const StreamOffset offset : {0, 1, 499, 500, 2500, 4999}) {
    StreamLog::Cursor cursor = log.find(offset);
    EXPECT_EQ(log.next(cursor)->position, 10 * (offset + 1));
  }
  EXPECT_EQ(read(log, log.find(0)).size(), 5000u);
  EXPECT_THAT(read(log, log.find(5000)), IsEmpty());
  EXPECT_THAT(read(log, log.find(UINT64_MAX)), IsEmpty());
}

TEST(StreamLog, TakesAFewBytesForEach) {
  StreamLog log;
  for (std::uint64_t i = 0; i < 100'000; ++i) log.append(700 * (i + 1), 600, 0);
  EXPECT_LT(log.memory_bytes(), 100'000u * 3);
  EXPECT_EQ(log.body_bytes(), 100'000u * 600);
}

TEST(StreamLog, CursorsGoOnWithWhatComes) {
  StreamLog log = log_of(3);
  StreamLog::Cursor end = log.end();
  StreamLog::Cursor last = log.find(2);
  for (std::uint64_t i = 3; i < 3000; ++i) log.append(10 * (i + 1), 1, 3000);
  EXPECT_EQ(read(log, end).size(), 2997u);
  EXPECT_EQ(read(log, last).size(), 2998u);
}

TEST(StreamLog, SegmentsBeginWhereOneIsFull) {
  const StreamLog log = log_of(25, /*body_bytes=*/100, kSmall);
  EXPECT_EQ(log.segment_count(), 3u);
  const StreamLog::Segment first = log.first_segment();
  EXPECT_EQ(first.end_offset, 10u);
  EXPECT_EQ(first.body_bytes, 1000u);
  EXPECT_EQ(first.last_ms, 9000);
}

TEST(StreamLog, SegmentsBeginWhereOneIsOld) {
  const StreamLog log = log_of(10, 1, {.segment_ms = 3000});
  EXPECT_EQ(log.segment_count(), 3u);
  EXPECT_EQ(log.first_segment().end_offset, 4u);
}

TEST(StreamLog, WhatIsLargerThanASegmentHasOneOfItsOwn) {
  const StreamLog log = log_of(3, /*body_bytes=*/5000, kSmall);
  EXPECT_EQ(log.segment_count(), 3u);
  EXPECT_EQ(log.first_segment().end_offset, 1u);
}

TEST(StreamLog, DropsAtTheFront) {
  StreamLog log = log_of(25, /*body_bytes=*/100, kSmall);
  StreamLog::Cursor first = log.find(0);
  StreamLog::Cursor second = log.find(3);
  log.next(second);
  StreamLog::Cursor third = log.find(15);
  std::vector<Position> dropped;
  log.truncate(10, [&](Position position) { dropped.push_back(position); });
  EXPECT_THAT(dropped, ElementsAre(10, 20, 30, 40, 50, 60, 70, 80, 90, 100));
  EXPECT_EQ(log.first_offset(), 10u);
  EXPECT_EQ(log.size(), 15u);
  EXPECT_EQ(log.body_bytes(), 1500u);
  EXPECT_EQ(log.segment_count(), 2u);
  EXPECT_EQ(read(log, first).front(), 110u);
  EXPECT_EQ(read(log, second).front(), 110u);
  EXPECT_EQ(read(log, third).front(), 160u);
  log.append(1000, 100, 30'000);
  EXPECT_EQ(log.next_offset(), 26u);
}

TEST(StreamLog, DropsInTheMiddleOfAChunk) {
  StreamLog log = log_of(10);
  std::vector<Position> dropped;
  log.truncate(4, [&](Position position) { dropped.push_back(position); });
  EXPECT_THAT(dropped, ElementsAre(10, 20, 30, 40));
  EXPECT_EQ(log.first_offset(), 4u);
  EXPECT_THAT(read(log, log.find(0)), ElementsAre(50, 60, 70, 80, 90, 100));
  log.append(110, 1, 20'000);
  EXPECT_THAT(read(log, log.find(9)), ElementsAre(100, 110));
}

TEST(StreamLog, WhatIsLeftOfAChunkCanBeMeasured) {
  StreamLog log;
  const auto body_bytes_of = [](Position position) { return position * 7; };
  for (Position position = 1; position <= 10; ++position) {
    log.append(position, body_bytes_of(position), 1000);
  }
  log.truncate(8, [](Position) {});
  std::vector<Position> asked;
  log.measure([&](Position position) {
    asked.push_back(position);
    return body_bytes_of(position);
  });
  EXPECT_THAT(asked, ElementsAre(9, 10));
  EXPECT_EQ(log.body_bytes(), body_bytes_of(9) + body_bytes_of(10));
  log.measure([&](Position) -> std::uint64_t {
    ADD_FAILURE() << "it is known";
    return 0;
  });
}

TEST(StreamLog, DropsAll) {
  StreamLog log = log_of(10);
  StreamLog::Cursor end = log.end();
  const StreamLog::Cursor middle = log.find(5);
  log.truncate(UINT64_MAX, [](Position) {});
  EXPECT_TRUE(log.empty());
  for (const StreamLog::Cursor& cursor : {log.find(0), middle, end}) {
    EXPECT_THAT(read(log, cursor), IsEmpty());
  }
  EXPECT_EQ(log.first_offset(), 10u);
  EXPECT_EQ(log.next_offset(), 10u);
  EXPECT_EQ(log.memory_bytes(), 0u);
  log.append(1000, 1, 0);
  EXPECT_THAT(read(log, end), ElementsAre(1000));
  EXPECT_THAT(read(log, log.find(0)), ElementsAre(1000));
}

TEST(StreamLog, KeepsThePlaceOfWhatWasLost) {
  StreamLog log = log_of(5);
  log.mark_lost([](Position position) { return position != 20 && position != 50; });
  EXPECT_THAT(read(log, log.find(0)), ElementsAre(10, 0, 30, 40, 0));
  EXPECT_EQ(log.size(), 5u);
  log.append(60, 1, 5000);
  EXPECT_THAT(read(log, log.find(4)), ElementsAre(0, 60));
  std::vector<Position> left;
  log.for_each([&](Position position) { left.push_back(position); });
  EXPECT_THAT(left, ElementsAre(10, 30, 40, 60));
  EXPECT_EQ(StreamLog::first_position(log.chunks().front()), 10u);
}

TEST(StreamLog, FindsByTime) {
  const StreamLog log = log_of(5000);
  const auto offsets_around = [&](std::int64_t time_ms) {
    const auto entries = log.around(time_ms);
    return entries.empty() ? std::pair<StreamOffset, StreamOffset>(0, 0)
                           : std::pair(entries.front().offset, entries.back().offset);
  };
  for (const std::int64_t second : {0, 1, 700, 4999}) {
    const auto [first, last] = offsets_around(second * 1000);
    EXPECT_LE(first, second);
    EXPECT_GE(last, second);
  }
  EXPECT_EQ(offsets_around(-5).first, 0u);
  EXPECT_THAT(log.around(5'000'000), IsEmpty());
}

TEST(StreamLog, AWallClockThatIsSetBackDoesNotMakeTimesFall) {
  StreamLog log;
  log.append(1, 1, 5000);
  log.append(2, 1, 3000);
  EXPECT_THAT(log.around(4000), testing::SizeIs(2));
}

TEST(StreamLog, IsPutTogetherFromItsChunks) {
  StreamLog log = log_of(3000, /*body_bytes=*/1, {.segment_bytes = 700});
  log.truncate(700, [](Position) {});
  StreamLog copy({.segment_bytes = 700});
  for (const StreamLog::Chunk& chunk : log.chunks()) EXPECT_TRUE(copy.add_chunk(chunk));
  EXPECT_EQ(copy.first_offset(), log.first_offset());
  EXPECT_EQ(copy.segment_count(), log.segment_count());
  EXPECT_EQ(copy.body_bytes(), log.body_bytes());
  log.append(100'000, 1, 3'000'000);
  copy.append(100'000, 1, 3'000'000);
  EXPECT_EQ(read(copy, copy.find(0)), read(log, log.find(0)));
  EXPECT_EQ(copy.segment_count(), log.segment_count());
}

TEST(StreamLog, RefusesChunksThatDoNotFit) {
  const StreamLog log = log_of(3);
  const StreamLog::Chunk good = log.chunks().front();
  const auto accepts = [&](const auto& change) {
    StreamLog::Chunk chunk = good;
    change(chunk);
    return StreamLog().add_chunk(chunk);
  };
  EXPECT_TRUE(accepts([](StreamLog::Chunk&) {}));
  EXPECT_FALSE(accepts([](StreamLog::Chunk& chunk) { ++chunk.count; }));
  EXPECT_FALSE(accepts([](StreamLog::Chunk& chunk) { --chunk.count; }));
  EXPECT_FALSE(accepts([](StreamLog::Chunk& chunk) { chunk.bytes.back() |= 0x80; }));
  EXPECT_FALSE(accepts([](StreamLog::Chunk& chunk) { chunk.bytes.assign(11, 0x80); }));
  EXPECT_FALSE(accepts([](StreamLog::Chunk& chunk) {
    chunk.count = 0;
    chunk.bytes.clear();
  }));
  StreamLog twice;
  EXPECT_TRUE(twice.add_chunk(good));
  EXPECT_FALSE(twice.add_chunk(good));
}

// Against a plain list of positions.
TEST(StreamLog, IsAListThatIsAppendedToAndCut) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  StreamLog log({.segment_bytes = 3000});
  std::vector<Position> expected;
  StreamOffset first = 0;
  Position position = 0;
  for (int step = 0; step < 3000; ++step) {
    switch (random() % 8) {
      default:
        position += 1 + random() % (random() % 10 == 0 ? 1u << 30 : 2000);
        log.append(position, random() % 100, step);
        expected.push_back(position);
        break;
      case 0:
        if (log.segment_count() < 2 || random() % 10 != 0) break;
        first = log.first_segment().end_offset;
        log.truncate(first, [](Position) {});
        break;
      case 1: {
        const StreamOffset from = random() % (expected.size() + 2);
        const StreamOffset begin = std::max(from, first);
        const std::vector<Position> found = read(log, log.find(from));
        const std::vector<Position> rest(
            expected.begin() +
                static_cast<std::ptrdiff_t>(std::min<std::size_t>(begin, expected.size())),
            expected.end());
        ASSERT_EQ(found, rest);
        break;
      }
    }
    ASSERT_EQ(log.first_offset(), first);
    ASSERT_EQ(log.next_offset(), expected.size());
  }
}

}  // namespace
}  // namespace bb::broker
