#include "io/simulated_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace bb::io {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kSeeds = 200;
constexpr std::size_t kSector = SimulatedDisk::kSectorBytes;

std::shared_ptr<File> open(SimulatedDisk& disk, std::string_view name) {
  auto file = disk.open_file(name, OpenMode::kCreate);
  EXPECT_TRUE(file) << file.error().message;
  return *file;
}

std::string content(SimulatedDisk& disk, std::string_view name) {
  const auto file = disk.open_file(name, OpenMode::kRead);
  if (!file) return "(none)";
  std::string text(*(*file)->size(), '?');
  EXPECT_TRUE((*file)->read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

// What can be there after a crash, over many seeds.
template <class Prepare>
std::set<std::string> outcomes(Prepare prepare) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimulatedDisk disk(seed);
    prepare(disk);
    disk.crash();
    seen.insert(content(disk, "a"));
  }
  return seen;
}

std::string sectors(char first, char second) {
  return std::string(kSector, first) + std::string(kSector, second);
}

TEST(SimulatedDisk, ReadsWhatWasWrittenAtOnce) {
  SimulatedDisk disk(1);
  ASSERT_TRUE(open(disk, "a")->write_at(2, as_bytes("xyz")));
  EXPECT_EQ(content(disk, "a"), std::string("\0\0xyz", 5));
  disk.kill();
  EXPECT_EQ(content(disk, "a"), std::string("\0\0xyz", 5));
}

TEST(SimulatedDisk, KeepsWhatWasSynced) {
  EXPECT_THAT(outcomes([](SimulatedDisk& disk) {
                const auto file = open(disk, "a");
                ASSERT_TRUE(file->write_at(0, as_bytes(sectors('x', 'y'))));
                ASSERT_TRUE(file->sync());
                ASSERT_TRUE(disk.sync());
              }),
              ElementsAre(sectors('x', 'y')));
}

TEST(SimulatedDisk, KeepsEachUnsyncedSectorOrNot) {
  EXPECT_THAT(
      outcomes([](SimulatedDisk& disk) {
        const auto file = open(disk, "a");
        ASSERT_TRUE(file->write_at(0, as_bytes(sectors('x', 'x'))));
        ASSERT_TRUE(file->sync());
        ASSERT_TRUE(disk.sync());
        ASSERT_TRUE(file->write_at(0, as_bytes(sectors('y', 'y'))));
      }),
      ElementsAre(sectors('x', 'x'), sectors('x', 'y'), sectors('y', 'x'), sectors('y', 'y')));
}

TEST(SimulatedDisk, BringsBackWhatAnUnsyncedTruncationCutOff) {
  const auto seen = outcomes([](SimulatedDisk& disk) {
    const auto file = open(disk, "a");
    ASSERT_TRUE(file->write_at(0, as_bytes(sectors('x', 'y'))));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(disk.sync());
    ASSERT_TRUE(file->truncate(kSector));
    ASSERT_TRUE(file->allocate(2 * kSector));
  });
  EXPECT_THAT(seen, ElementsAre(sectors('x', '\0'), sectors('x', 'y')));
}

TEST(SimulatedDisk, KeepsNamesOnceTheFolderWasSynced) {
  const auto created = [](SimulatedDisk& disk) {
    const auto file = open(disk, "a");
    ASSERT_TRUE(file->write_at(0, as_bytes("new")));
    ASSERT_TRUE(file->sync());
  };
  EXPECT_THAT(outcomes(created), ElementsAre("(none)", "new"));
  EXPECT_THAT(outcomes([&](SimulatedDisk& disk) {
                created(disk);
                ASSERT_TRUE(disk.sync());
                const auto file = open(disk, "b");
                ASSERT_TRUE(file->write_at(0, as_bytes("newer")));
                ASSERT_TRUE(file->sync());
                ASSERT_TRUE(disk.rename("b", "a"));
              }),
              ElementsAre("new", "newer"));
  EXPECT_THAT(outcomes([&](SimulatedDisk& disk) {
                created(disk);
                ASSERT_TRUE(disk.sync());
                ASSERT_TRUE(disk.remove("a"));
              }),
              ElementsAre("(none)", "new"));
}

TEST(SimulatedDisk, AFailedSyncIsNotMadeGoodByTheNext) {
  EXPECT_THAT(outcomes([](SimulatedDisk& disk) {
                const auto file = open(disk, "a");
                ASSERT_TRUE(file->write_at(0, as_bytes(sectors('x', 'x'))));
                ASSERT_TRUE(file->sync());
                ASSERT_TRUE(disk.sync());
                ASSERT_TRUE(file->write_at(0, as_bytes(std::string(kSector, 'y'))));
                disk.fail_sync();
                EXPECT_FALSE(file->sync());
                EXPECT_TRUE(file->sync());
              }),
              ElementsAre(sectors('x', 'x'), sectors('y', 'x')));
  EXPECT_THAT(outcomes([](SimulatedDisk& disk) {
                const auto file = open(disk, "a");
                ASSERT_TRUE(disk.sync());
                ASSERT_TRUE(file->write_at(0, as_bytes("x")));
                disk.fail_sync();
                EXPECT_FALSE(file->sync());
                ASSERT_TRUE(file->write_at(0, as_bytes("y")));
                EXPECT_TRUE(file->sync());
              }),
              ElementsAre("y"));
}

TEST(SimulatedDisk, FailsTheSyncThatItIsTold) {
  SimulatedDisk disk(1);
  const auto file = open(disk, "a");
  disk.fail_sync(1);
  EXPECT_TRUE(file->sync());
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(disk.syncs(), 3U);
}

TEST(SimulatedDisk, FillsUp) {
  SimulatedDisk disk(1);
  disk.set_free_bytes(10);
  const auto file = open(disk, "a");
  ASSERT_TRUE(file->allocate(4));
  EXPECT_EQ(*disk.free_bytes(), 6U);
  EXPECT_EQ(file->allocate(11).error().code, ErrorCode::kDiskFull);
  EXPECT_EQ(*file->size(), 4U);
  EXPECT_TRUE(file->write_at(0, as_bytes("1234")));
  EXPECT_EQ(file->write_at(4, as_bytes("56789012")).error().code, ErrorCode::kDiskFull);
  EXPECT_EQ(content(disk, "a"), "1234567890");
  EXPECT_TRUE(file->write_at(0, as_bytes("inside")));
  ASSERT_TRUE(disk.remove("a"));
  EXPECT_EQ(*disk.free_bytes(), 10U);
}

TEST(SimulatedDisk, FailsReadsAndWritesAndFilesFromBeforeACrash) {
  SimulatedDisk disk(1);
  const auto file = open(disk, "a");
  std::byte byte{};
  disk.set_reads_fail(true);
  EXPECT_EQ(file->read_at(0, {&byte, 1}).error().code, ErrorCode::kIo);
  disk.set_reads_fail(false);
  disk.set_writes_fail(true);
  EXPECT_EQ(file->write_at(0, as_bytes("x")).error().code, ErrorCode::kIo);
  disk.set_writes_fail(false);
  disk.crash();
  EXPECT_EQ(file->read_at(0, {&byte, 1}).error().code, ErrorCode::kIo);
  EXPECT_EQ(file->sync().error().code, ErrorCode::kIo);
}

TEST(SimulatedDisk, ALockEndsWithItsFileOrItsProcess) {
  SimulatedDisk disk(1);
  auto holder = open(disk, "a");
  ASSERT_TRUE(holder->lock());
  {
    const auto other = open(disk, "a");
    EXPECT_FALSE(*other->try_lock());
    EXPECT_TRUE(*other->is_locked_by_other());
    EXPECT_FALSE(*holder->is_locked_by_other());
    holder.reset();
    EXPECT_TRUE(*other->try_lock());
  }
  holder = open(disk, "a");
  EXPECT_TRUE(*holder->try_lock());
  disk.kill();
  const auto next = open(disk, "a");
  EXPECT_TRUE(*next->try_lock());
  holder.reset();  // too late to let go of another's lock
  EXPECT_FALSE(*open(disk, "a")->try_lock());
}

TEST(SimulatedDisk, FlipsABitForGood) {
  SimulatedDisk disk(1);
  ASSERT_TRUE(open(disk, "a")->write_at(0, as_bytes("aaa")));
  disk.settle();
  disk.flip_bit("a", 1, 1);
  EXPECT_EQ(content(disk, "a"), "aca");
  disk.crash();
  EXPECT_EQ(content(disk, "a"), "aca");
}

TEST(SimulatedDisk, ASeedIsAWholeStory) {
  const auto story = [](std::uint64_t seed) {
    SimulatedDisk disk(seed);
    EXPECT_TRUE(open(disk, "a")->write_at(0, as_bytes(std::string(64 * kSector, 'x'))));
    EXPECT_TRUE(disk.sync());
    disk.crash();
    return content(disk, "a");
  };
  EXPECT_EQ(story(7), story(7));
}

}  // namespace
}  // namespace bb::io
