#include "log/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/test_log.h"

namespace bb::log {
namespace {

using testing::SizeIs;

// Nothing that is behind it would tell otherwise that the last record had been on disk.
TEST(Recovery, TellsDamageAtItsEndFromATornTailOnceThatIsMarked) {
  for (const bool marked : {false, true}) {
    SCOPED_TRACE(marked);
    io::SimulatedDisk disk(1);
    Position last = 0;
    {
      const auto log = open_log(disk);
      append(*log, "first");
      last = append(*log, "last");
      sync(*log);
      if (marked) {
        ASSERT_TRUE(log->mark_durable());
        const Position end = log->end();
        sync(*log);
        ASSERT_TRUE(log->mark_durable());
        EXPECT_EQ(log->end(), end) << "one is enough";
      }
    }
    disk.kill();
    disk.flip_bit(segment_name(0), last + kRecordHeadBytes, 2);
    const auto opened = Log::open(disk, small_options());
    if (marked) {
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
    } else {
      ASSERT_TRUE(opened);
      EXPECT_EQ(contents(**opened), std::vector<std::string>{"first"});
    }
  }
}

// A checkpoint, say, was written when the log was durable up to there.
TEST(Recovery, DamageBeforeWhatIsKnownToHaveBeenDurableIsNoTornTail) {
  for (const bool known : {false, true}) {
    SCOPED_TRACE(known);
    io::SimulatedDisk disk(1);
    Position middle = 0;
    RecoveryOptions recovery;
    {
      const auto log = open_log(disk);
      for (const char* text : {"first", "middle", "last"}) {
        const Position at = append(*log, text);
        ASSERT_TRUE(log->write());
        if (text == std::string_view("middle")) middle = at;
      }
      sync(*log);
      if (known) recovery.durable_up_to = log->durable();
    }
    disk.kill();
    disk.flip_bit(segment_name(0), middle + kRecordHeadBytes, 2);
    const auto opened = Log::open(disk, small_options(), recovery);
    if (!known) {
      ASSERT_TRUE(opened);
      EXPECT_EQ(contents(**opened), std::vector<std::string>{"first"});
      continue;
    }
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
    recovery.repair = RepairMode::kRepair;
    EXPECT_EQ(contents(*open_log(disk, small_options(), recovery)),
              (std::vector<std::string>{"first", "last"}));
  }
}

TEST(Recovery, GoesOnBehindAMark) {
  io::SimulatedDisk disk(1);
  {
    const auto log = open_log(disk);
    ASSERT_TRUE(log->mark_durable()) << "of nothing";
    for (const char* text : {"a", "b", "c"}) {
      append(*log, text);
      ASSERT_TRUE(log->mark_durable()) << "not while something is pending";
      sync(*log);
      ASSERT_TRUE(log->mark_durable());
    }
  }
  disk.kill();
  EXPECT_EQ(contents(*open_log(disk)), (std::vector<std::string>{"a", "b", "c"}));
}

// Names of new files survive a crash one by one, until the folder is synced.
TEST(Recovery, EndsWhereTheNameOfASegmentIsLost) {
  std::set<std::size_t> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    io::SimulatedDisk disk(seed);
    auto log = open_log(disk);
    std::vector<std::string> texts{"first"};
    append(*log, texts.back());
    sync(*log);
    for (int i = 0; i < 4; ++i) {
      texts.push_back(std::string(3800, static_cast<char>('a' + i)));
      append(*log, texts.back());
    }
    ASSERT_TRUE(log->write());
    // The contents are on the disk, the names are not.
    auto job = log->begin_sync();
    disk.fail_sync(4);
    EXPECT_FALSE(job->run());
    log.reset();
    disk.crash();

    log = open_log(disk, small_options(), {.removed_up_to = 0});
    const auto left = contents(*log);
    ASSERT_LE(left.size(), texts.size());
    EXPECT_TRUE(std::equal(left.begin(), left.end(), texts.begin()));
    outcomes.insert(left.size());
    append(*log, "more");
    sync(*log);
    log.reset();
    disk.crash();
    log = open_log(disk, small_options(), {.removed_up_to = 0});
    EXPECT_EQ(contents(*log).size(), left.size() + 1);
  }
  EXPECT_GT(outcomes.size(), 2U);
}

// A segment that nobody needed was removed, and of the next one, never durable, the name is lost:
// the log ends where what was removed does.
TEST(Recovery, EndsBehindWhatWasRemovedWhereTheNameOfTheNextSegmentIsLost) {
  io::SimulatedDisk disk(1);
  Position removed = 0;
  Position lost = 0;
  {
    auto log = open_log(disk);
    for (int i = 0; i < 4; ++i) {
      append(*log, std::string(3800, static_cast<char>('a' + i)));
      if (i < 2) sync(*log);
    }
    ASSERT_TRUE(log->write());
    ASSERT_THAT(log->segments(), SizeIs(4));
    removed = log->segments()[1].base;
    lost = log->segments()[2].base;
  }
  disk.settle();
  ASSERT_TRUE(disk.remove(segment_name(removed)));
  ASSERT_TRUE(disk.remove(segment_name(lost)));
  disk.settle();
  disk.kill();
  const RecoveryOptions options{.removed_up_to = lost, .durable_up_to = lost};
  auto log = open_log(disk, small_options(), options);
  EXPECT_THAT(contents(*log), SizeIs(1));
  EXPECT_GE(log->end(), lost) << "a checkpoint counts on it";
  append(*log, "more");
  sync(*log);
  log.reset();
  disk.crash();
  log = open_log(disk, small_options(), options);
  EXPECT_THAT(contents(*log), SizeIs(2));
}

TEST(Recovery, RefusesToGoOnWithoutASegmentThatWasDurable) {
  io::SimulatedDisk disk(1);
  Position middle = 0;
  {
    auto log = open_log(disk);
    for (int i = 0; i < 4; ++i) {
      append(*log, std::string(3800, static_cast<char>('a' + i)));
      sync(*log);
    }
    middle = log->segments()[1].base;
  }
  ASSERT_TRUE(disk.remove(segment_name(middle)));
  disk.kill();
  const auto refused = Log::open(disk, small_options(), {.removed_up_to = 0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
  const auto repaired =
      open_log(disk, small_options(), {.repair = RepairMode::kRepair, .removed_up_to = 0});
  EXPECT_THAT(contents(*repaired), SizeIs(3));
}

// A segment was begun, and given up as the disk was full; its removal does not survive.
TEST(Recovery, PassesOverASegmentThatWasGivenUp) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    io::SimulatedDisk disk(seed);
    auto log = open_log(disk);
    append(*log, std::string(2000, 'a'));
    sync(*log);
    disk.set_free_bytes(0);
    ASSERT_FALSE(try_append(*log, std::string(2500, 'b')));
    disk.set_free_bytes(io::SimulatedDisk::kUnlimited);
    append(*log, std::string(1000, 'c'));
    append(*log, std::string(3000, 'd'));  // in a segment of its own
    ASSERT_TRUE(log->write());
    auto job = log->begin_sync();
    disk.fail_sync(1);  // the first segment is on the disk; the folder is not
    EXPECT_FALSE(job->run());
    log.reset();
    disk.crash();
    log = open_log(disk, small_options(), {.removed_up_to = 0});
    EXPECT_GE(contents(*log).size(), 2U);
  }
}

}  // namespace
}  // namespace bb::log
