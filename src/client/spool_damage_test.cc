// Bits that turn over on the disk: nothing is lost without being told.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/test_spool.h"
#include "io/simulated_disk.h"

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSegment = "queue-0000000000000001.spool";
constexpr std::string_view kState = "queue.state";

struct SpoolOnDisk {
  SpoolOnDisk() {
    append(spool, {"first"});
    append(spool, {"second", "third"});
    append(spool, {"fourth"});
    disk.settle();
  }

  std::uint64_t size_of(std::string_view name) {
    return must(must(disk.open_file(name, io::OpenMode::kRead))->size());
  }
  // Of the n-th record, from 0: they are of nearly one length.
  std::uint64_t offset_of(std::string_view body) {
    std::string text(size_of(kSegment), '\0');
    must(must(disk.open_file(kSegment, io::OpenMode::kRead))
             ->read_at(0, std::as_writable_bytes(std::span(text))));
    return text.find(body);
  }

  io::SimulatedDisk disk{1};
  Spool spool{std::shared_ptr<io::Folder>(&disk, [](io::Folder*) {}), SpoolOptions{}};
};

// What drains, with all damage that is met on the way dropped.
struct Drained {
  std::vector<std::string> bodies;
  int damages = 0;
};
Drained drain_past_damage(Spool& spool) {
  Drained drained;
  for (;;) {
    {
      auto drain = begin_drain(spool);
      for (;;) {
        const auto batch = drain.next_batch();
        if (!batch) {
          EXPECT_EQ(batch.error().code, ErrorCode::kCorruptData) << batch.error().message;
          break;
        }
        if (batch->empty()) return drained;
        for (const SpoolEntry& entry : *batch) {
          drained.bodies.push_back(entry.body);
          EXPECT_TRUE(drain.done(entry.number));
        }
      }
    }
    if (++drained.damages > 2) return drained;
    const auto dropped = must(spool.drop_damaged());
    EXPECT_GT(dropped.bytes, 0U);
    EXPECT_EQ(dropped.places, 1U);
  }
}

TEST(SpoolDamage, NoBitOfASegmentLosesAnythingUntold) {
  const std::vector<std::string> all{"first", "second", "third", "fourth"};
  const std::uint64_t bytes = SpoolOnDisk().size_of(kSegment);
  int complete = 0;
  int told = 0;
  for (std::uint64_t bit = 0; bit < bytes * 8; ++bit) {
    SCOPED_TRACE(fmt::format("byte {}, bit {}", bit / 8, bit % 8));
    SpoolOnDisk files;
    files.disk.flip_bit(kSegment, bit / 8, bit % 8);
    const Drained drained = drain_past_damage(files.spool);
    EXPECT_TRUE(std::ranges::includes(
        all, drained.bodies, {},
        [&](const std::string& body) { return std::ranges::find(all, body) - all.begin(); },
        [&](const std::string& body) { return std::ranges::find(all, body) - all.begin(); }))
        << "in order, and nothing else";
    EXPECT_GE(drained.bodies.size(), 3U) << "one record is hit";
    if (drained.bodies == all) {
      ++complete;
    } else {
      EXPECT_EQ(drained.damages, 1);
    }
    told += drained.damages;
    if (testing::Test::HasFailure()) return;
  }
  // Header, marks and padding lose nothing; everything else was told.
  EXPECT_GT(complete, 64 * 8);
  EXPECT_GT(told, static_cast<int>(bytes * 8 * 3 / 4));
}

TEST(SpoolDamage, NoBitOfTheStateLosesAnything) {
  for (std::uint64_t bit = 0; bit < spool::kStateBytes * 8; ++bit) {
    SCOPED_TRACE(bit);
    SpoolOnDisk files;
    files.disk.flip_bit(kState, bit / 8, bit % 8);
    append(files.spool, {"fifth"});
    EXPECT_THAT(drain_all(files.spool), ElementsAre("first", "second", "third", "fourth", "fifth"));
  }
}

TEST(SpoolDamage, IsToldWithItsPlaceAndDoesNotKeepAnybodyFromAppending) {
  SpoolOnDisk files;
  const std::uint64_t at = files.offset_of("second");
  files.disk.flip_bit(kSegment, at, 0);
  append(files.spool, {"fifth"});
  auto drain = begin_drain(files.spool);
  EXPECT_THAT(bodies(next_batch(drain)), ElementsAre("first"));
  const auto damaged = drain.next_batch();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(damaged.error().message,
              HasSubstr(fmt::format("disk/{}: damaged at byte", kSegment)));
  EXPECT_THAT(damaged.error().message, HasSubstr("bb spool drop --damaged"));
  ASSERT_TRUE(drain.close());
  const SpoolStatus status = *files.spool.status();
  EXPECT_EQ(status.entries, 4U) << "those behind it are counted";
  EXPECT_EQ(status.damage, damaged.error());
  EXPECT_EQ(must(files.spool.drop_damaged()).places, 1U);
  EXPECT_EQ(must(files.spool.drop_damaged()).places, 0U);
  EXPECT_EQ(files.spool.status()->damage, std::nullopt);
  EXPECT_THAT(drain_all(files.spool), ElementsAre("first", "third", "fourth", "fifth"));
  EXPECT_EQ(files.spool.status()->bytes, 0U);
}

// Where nothing says how far the segment had been on the disk, what comes later does.
TEST(SpoolDamage, HidesNothingThatCanBeReadAroundIt) {
  SpoolOnDisk files;
  files.disk.flip_bit(kSegment, files.offset_of("second"), 0);
  std::vector<std::string> bodies;
  const auto visited = files.spool.visit(SpoolArea::kWaiting, 0, [&](const SpoolEntry& entry) {
    bodies.push_back(entry.body);
    return true;
  });
  EXPECT_THAT(bodies, ElementsAre("first", "third", "fourth"));
  ASSERT_FALSE(visited);
  EXPECT_EQ(visited.error().code, ErrorCode::kCorruptData);
}

TEST(SpoolDamage, IsToldFromATornTailByWhatWasAppendedLater) {
  for (const std::string_view hit : {"second", "fourth"}) {
    SCOPED_TRACE(hit);
    SpoolOnDisk files;
    files.disk.flip_bit(kSegment, files.offset_of(hit), 0);
    must(files.disk.open_file(kState, io::OpenMode::kWrite))->truncate(0).value();
    const Drained drained = drain_past_damage(files.spool);
    if (hit == "second") {
      EXPECT_THAT(drained.bodies, ElementsAre("first", "third", "fourth"));
      EXPECT_EQ(drained.damages, 1);
    } else {
      EXPECT_THAT(drained.bodies, ElementsAre("first", "second", "third"));
      EXPECT_EQ(drained.damages, 0) << "as a torn one would";
    }
  }
}

TEST(SpoolDamage, OfOneInAnAppendTakesTheOthersNotWithIt) {
  SpoolOnDisk files;
  files.disk.flip_bit(kSegment, files.offset_of("third"), 3);
  must(files.disk.open_file(kState, io::OpenMode::kWrite))->truncate(0).value();
  EXPECT_THAT(drain_past_damage(files.spool).bodies, ElementsAre("first", "second", "fourth"));
}

TEST(SpoolDamage, ASegmentOfWhichNothingCanBeReadIsGivenUpAlone) {
  io::SimulatedDisk disk(1);
  Spool spool(std::shared_ptr<io::Folder>(&disk, [](io::Folder*) {}),
              {.bytes_max = 1 << 20, .segment_bytes_max = 200});
  append(spool, {std::string(100, 'a')});
  append(spool, {std::string(100, 'b')});
  disk.settle();
  for (std::uint64_t at = 0; at < 100; ++at) disk.flip_bit(kSegment, at, 5);
  const Drained drained = drain_past_damage(spool);
  EXPECT_THAT(drained.bodies, ElementsAre(std::string(100, 'b')));
  EXPECT_EQ(drained.damages, 1);
  EXPECT_EQ(spool.status()->bytes, 0U);
}

}  // namespace
}  // namespace bb::client
