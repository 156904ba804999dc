#include "log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "io/posix_folder.h"
#include "log/log_reader.h"
#include "log/test_log.h"

namespace bb::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string text_of(const Result<Record>& record) {
  return record ? std::string(as_text(record->payload)) : "error: " + record.error().message;
}

TEST(Log, FindsARecordFromTheMomentItIsAppended) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  Buffer scratch;
  const Position first = append(*log, "first");
  const Position second = append(*log, "second");
  EXPECT_GT(first, 0U);
  EXPECT_GT(second, first);
  EXPECT_GE(log->end(), second);
  EXPECT_EQ(text_of(log->read(first, scratch)), "first");
  ASSERT_TRUE(log->write());
  EXPECT_EQ(log->pending_bytes(), 0U);
  const Position third = append(*log, "third");
  EXPECT_EQ(text_of(log->read(first, scratch)), "first");
  EXPECT_EQ(text_of(log->read(second, scratch)), "second");
  EXPECT_EQ(text_of(log->read(third, scratch)), "third");
  EXPECT_THAT(contents(*log), ElementsAre("first", "second", "third"));
  EXPECT_THAT(contents(*log, second), ElementsAre("second", "third"));
  EXPECT_THAT(contents(*log, log->end()), IsEmpty());
}

TEST(Log, JoinsTheParts) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  const std::array<ByteView, 4> parts = {as_bytes("a"), ByteView(), as_bytes("bc"),
                                         as_bytes("def")};
  ASSERT_TRUE(log->append(kTestType, parts));
  ASSERT_TRUE(log->append(kTestType, {}));
  ASSERT_TRUE(log->write());
  EXPECT_THAT(contents(*log), ElementsAre("abcdef", ""));
}

TEST(Log, IsDurableOnceTheSyncHasEnded) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  EXPECT_FALSE(log->begin_sync());
  const Position first = append(*log, "first");
  ASSERT_TRUE(log->write());
  auto job = log->begin_sync();
  ASSERT_TRUE(job);
  const Position second = append(*log, "second");
  ASSERT_TRUE(log->write());
  EXPECT_FALSE(log->begin_sync()) << "one at a time";
  EXPECT_LE(log->durable(), first);
  log->end_sync(*std::move(job), job->run());
  EXPECT_GT(log->durable(), first);
  EXPECT_LE(log->durable(), second);
  job = log->begin_sync();
  ASSERT_TRUE(job);
  log->end_sync(*std::move(job), job->run());
  EXPECT_EQ(log->durable(), log->end());
  EXPECT_FALSE(log->begin_sync());
}

TEST(Log, PendingRecordsAreNotSynced) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  append(*log, "written");
  ASSERT_TRUE(log->write());
  const Position pending = append(*log, "pending");
  auto job = log->begin_sync();
  log->end_sync(*std::move(job), job->run());
  EXPECT_LE(log->durable(), pending);
}

TEST(Log, ComesBackAfterAnEnd) {
  io::SimulatedDisk disk(1);
  std::vector<std::string> texts;
  Position end = 0;
  {
    const auto log = open_log(disk);
    for (int i = 0; i < 300; ++i) {
      texts.push_back(std::string(static_cast<std::size_t>(i), 'x') + std::to_string(i));
      append(*log, texts.back());
      if (i % 7 == 0) {
        ASSERT_TRUE(log->write());
      }
    }
    sync(*log);
    end = log->end();
    EXPECT_GT(log->segments().size(), 10U);
    EXPECT_EQ(contents(*log), texts);
  }
  disk.kill();
  std::vector<std::string> visited;
  const auto log =
      open_log(disk, small_options(), {.visitor = [&](const Record& record) -> Result<void> {
                 visited.emplace_back(as_text(record.payload));
                 return {};
               }});
  EXPECT_EQ(log->end(), end);
  EXPECT_EQ(log->durable(), end);
  EXPECT_THAT(log->recovery().trimmed, IsEmpty());
  EXPECT_EQ(visited, texts);
  EXPECT_EQ(contents(*log), texts);
  append(*log, "more");
  texts.emplace_back("more");
  EXPECT_EQ(contents(*log), texts);
}

TEST(Log, ReadsNoMoreThanTheEndsOfSegmentsBeforeTheCheckpoint) {
  io::SimulatedDisk disk(1);
  Position position = 0;
  {
    const auto log = open_log(disk);
    for (int i = 0; i < 100; ++i) append(*log, std::string(200, 'a'));
    position = append(*log, "here");
    sync(*log);
  }
  disk.kill();
  std::vector<std::string> visited;
  const auto log =
      open_log(disk, small_options(),
               {.check_from = position, .visitor = [&](const Record& record) -> Result<void> {
                  visited.emplace_back(as_text(record.payload));
                  return {};
                }});
  EXPECT_LT(log->recovery().bytes_checked, 2 * 4096U);
  ASSERT_FALSE(visited.empty());
  EXPECT_LT(visited.size(), 20U);
  EXPECT_EQ(visited.back(), "here");
  EXPECT_THAT(contents(*log), SizeIs(101));
}

TEST(Log, AVisitorsErrorIsOpensError) {
  io::SimulatedDisk disk(1);
  {
    const auto log = open_log(disk);
    append(*log, "a");
    sync(*log);
  }
  const auto log = Log::open(disk, small_options(), {.visitor = [](const Record&) -> Result<void> {
                               return fail(ErrorCode::kInterrupted, "enough");
                             }});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error(), (Error{ErrorCode::kInterrupted, "enough"}));
}

TEST(Log, ARecordMayBeLargerThanASegment) {
  io::SimulatedDisk disk(1);
  const std::string large(20'000, 'L');
  {
    const auto log = open_log(disk);
    append(*log, "before");
    const Position position = append(*log, large);
    Buffer scratch;
    EXPECT_EQ(text_of(log->read(position, scratch)), large);
    append(*log, "after");
    sync(*log);
    EXPECT_EQ(text_of(log->read(position, scratch)), large);
    LogReader reader(*log, 512);
    EXPECT_EQ(text_of(reader.read(position)), large);
  }
  const auto log = open_log(disk);
  EXPECT_THAT(contents(*log), ElementsAre("before", large, "after"));
}

TEST(Log, RefusesARecordAboveTheLimit) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  const auto position = try_append(*log, std::string((64 << 10) + 1, 'x'));
  ASSERT_FALSE(position);
  EXPECT_EQ(position.error().code, ErrorCode::kContentTooLarge);
  EXPECT_TRUE(try_append(*log, std::string(64 << 10, 'x')));
}

TEST(Log, TellsThatThereIsNoSuchRecord) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  Buffer scratch;
  EXPECT_EQ(log->read(0, scratch).error().code, ErrorCode::kNotFound);
  const Position position = append(*log, "some text that is longer than a head");
  ASSERT_TRUE(log->write());
  EXPECT_EQ(log->read(position + 4, scratch).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log->read(log->end(), scratch).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log->read(position - kMarkBytes, scratch).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log->read(position + 8, scratch).error().code, ErrorCode::kCorruptData);
}

TEST(Log, ReadChecksTheChecksum) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  const Position position = append(*log, "payload");
  sync(*log);
  disk.flip_bit(segment_name(0), position + kRecordHeadBytes + 3, 2);
  Buffer scratch;
  EXPECT_EQ(log->read(position, scratch).error().code, ErrorCode::kCorruptData);
  LogReader reader(*log);
  EXPECT_EQ(reader.read(position).error().code, ErrorCode::kCorruptData);
}

TEST(Log, AFailedSyncIsForEver) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  const Position kept = append(*log, "kept");
  sync(*log);
  const Position lost = append(*log, "lost");
  ASSERT_TRUE(log->write());
  disk.fail_sync();
  auto job = log->begin_sync();
  log->end_sync(*std::move(job), job->run());
  ASSERT_TRUE(log->failed());
  EXPECT_LE(log->durable(), lost);
  EXPECT_FALSE(log->begin_sync());
  EXPECT_EQ(try_append(*log, "more").error(), *log->failed());
  EXPECT_EQ(log->write().error(), *log->failed());
  EXPECT_EQ(log->sync_now().error(), *log->failed());
  Buffer scratch;
  EXPECT_EQ(text_of(log->read(kept, scratch)), "kept");
}

TEST(Log, AFailedWriteIsForEver) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  sync(*log);
  const Position position = append(*log, "a");
  disk.set_writes_fail(true);
  EXPECT_FALSE(log->write());
  disk.set_writes_fail(false);
  ASSERT_TRUE(log->failed());
  EXPECT_EQ(log->failed()->code, ErrorCode::kIo);
  EXPECT_FALSE(log->write());
  EXPECT_LE(log->durable(), position);
}

TEST(Log, AFullDiskRefusesAppendsAndNothingElse) {
  io::SimulatedDisk disk(1);
  disk.set_free_bytes(10'000);
  const auto log = open_log(disk);
  std::vector<std::string> kept;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = std::to_string(i) + std::string(100, 'x');
    const Position end = log->end();
    const auto position = try_append(*log, text);
    if (position) {
      kept.push_back(text);
    } else {
      EXPECT_EQ(position.error().code, ErrorCode::kDiskFull);
      EXPECT_EQ(log->end(), end);
    }
    if (i % 5 == 0) {
      ASSERT_TRUE(log->write());
    }
  }
  EXPECT_GT(kept.size(), 40U);
  EXPECT_LT(kept.size(), 100U);
  EXPECT_FALSE(log->failed());
  // The reserve is still there for what gives room back.
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(try_append(*log, "ack", Room::kReserved));
    kept.emplace_back("ack");
  }
  int more = 0;
  while (try_append(*log, "ack", Room::kReserved)) {
    kept.emplace_back("ack");
    ASSERT_LT(++more, 100);
  }
  sync(*log);
  EXPECT_EQ(contents(*log), kept);

  disk.set_free_bytes(100'000);
  append(*log, "again");
  kept.emplace_back("again");
  sync(*log);
  EXPECT_EQ(contents(*log), kept);
  disk.kill();
  EXPECT_EQ(contents(*open_log(disk)), kept);
}

TEST(Log, OpensOnAFullDisk) {
  io::SimulatedDisk disk(1);
  {
    const auto log = open_log(disk);
    append(*log, "a");
    sync(*log);
  }
  disk.set_free_bytes(0);
  disk.kill();
  const auto log = open_log(disk);
  EXPECT_THAT(contents(*log), ElementsAre("a"));
  EXPECT_TRUE(try_append(*log, "ack", Room::kReserved));
  EXPECT_EQ(try_append(*log, std::string(4000, 'x')).error().code, ErrorCode::kDiskFull);
}

TEST(Log, TellsItsSegments) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  EXPECT_THAT(log->segments(), IsEmpty());
  log->set_time(1000);
  append(*log, "a");
  log->set_time(2000);
  append(*log, std::string(4000, 'x'));
  append(*log, "b");
  ASSERT_TRUE(log->write());
  ASSERT_THAT(log->segments(), SizeIs(3));
  const Segment& first = log->segments()[0];
  EXPECT_EQ(first.base, 0U);
  EXPECT_TRUE(first.sealed);
  EXPECT_EQ(first.created_ms, 1000);
  EXPECT_EQ(first.file_bytes, first.used_bytes);
  EXPECT_EQ(first.end(), log->segments()[1].base);
  EXPECT_EQ(log->segments()[1].created_ms, 2000);
  EXPECT_FALSE(log->segments()[2].sealed);
  std::uint64_t bytes = 0;
  const auto names = disk.list();
  for (const std::string& name : *names) {
    bytes += *(*disk.open_file(name, io::OpenMode::kRead))->size();
  }
  EXPECT_EQ(log->disk_bytes(), bytes);
}

TEST(Log, RemovesASegmentInTheMiddle) {
  io::SimulatedDisk disk(1);
  auto log = open_log(disk);
  std::vector<Position> positions;
  for (int i = 0; i < 5; ++i) positions.push_back(append(*log, std::string(3800, char('a' + i))));
  const Position middle = log->segments()[1].base;
  EXPECT_EQ(log->remove_segment(middle).error().code, ErrorCode::kPreconditionFailed);
  sync(*log);
  EXPECT_EQ(log->remove_segment(8).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log->remove_segment(log->segments().back().base).error().code,
            ErrorCode::kPreconditionFailed);
  Buffer scratch;
  ASSERT_TRUE(log->read(positions[1], scratch));
  ASSERT_TRUE(log->remove_segment(middle));
  EXPECT_EQ(log->read(positions[1], scratch).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(text_of(log->read(positions[2], scratch)), std::string(3800, 'c'));
  EXPECT_THAT(contents(*log), SizeIs(4));
  sync(*log);
  log.reset();
  disk.crash();
  log = open_log(disk);
  EXPECT_THAT(contents(*log), SizeIs(4));
  EXPECT_EQ(log->read(positions[1], scratch).error().code, ErrorCode::kNotFound);
}

TEST(Log, RemovalsSurviveInTheirOrder) {
  std::set<std::size_t> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    io::SimulatedDisk disk(seed);
    auto log = open_log(disk);
    for (int i = 0; i < 5; ++i) append(*log, std::string(3800, char('a' + i)));
    sync(*log);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->remove_segment(log->segments()[0].base));
    log.reset();
    disk.crash();
    const auto texts = contents(*open_log(disk));
    outcomes.insert(texts.size());
    EXPECT_EQ(texts.front()[0], char('a' + 5 - static_cast<int>(texts.size())));
  }
  EXPECT_THAT(outcomes, ElementsAre(2, 3));
}

TEST(Log, PositionsGoOnAfterTheRemovalOfAllThatIsSealed) {
  io::SimulatedDisk disk(1);
  auto log = open_log(disk);
  for (int i = 0; i < 3; ++i) append(*log, std::string(3800, 'x'));
  sync(*log);
  while (log->segments().size() > 1) ASSERT_TRUE(log->remove_segment(log->segments()[0].base));
  const Position end = log->end();
  log.reset();
  disk.crash();
  log = open_log(disk);
  EXPECT_GE(append(*log, "more"), end);
}

TEST(Log, SyncsOnAnotherThread) {
  std::string pattern = testing::TempDir() + "bb-log-XXXXXX";
  const std::string root = ::mkdtemp(pattern.data());
  auto folder = io::open_posix_folder(root + "/log");
  ASSERT_TRUE(folder);
  {
    const auto log = open_log(**folder);
    for (int i = 0; i < 20; ++i) {
      append(*log, std::string(1500, 'a'));
      ASSERT_TRUE(log->write());
      auto job = log->begin_sync();
      ASSERT_TRUE(job);
      Result<void> result;
      std::jthread thread([&] { result = job->run(); });
      append(*log, "meanwhile");
      ASSERT_TRUE(log->write());
      thread.join();
      log->end_sync(*std::move(job), result);
    }
    sync(*log);
  }
  EXPECT_THAT(contents(*open_log(**folder)), SizeIs(40));
  std::filesystem::remove_all(root);
}

TEST(LogReader, ReadsForwardOneWindowAtATime) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  std::vector<Position> positions;
  for (int i = 0; i < 200; ++i) {
    positions.push_back(append(*log, "record " + std::to_string(i)));
    if (i % 10 == 9) {
      ASSERT_TRUE(log->write());
    }
    if (i == 150) sync(*log);
  }
  LogReader reader(*log, 1000);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(text_of(reader.read(positions[i])), "record " + std::to_string(i));
  }
  for (std::size_t i = positions.size(); i-- > 0;) {
    EXPECT_EQ(text_of(reader.read(positions[i])), "record " + std::to_string(i));
  }
}

TEST(LogReader, SeesWhatIsAppendedLater) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  LogReader reader(*log);
  EXPECT_FALSE(*reader.next(0));
  Position next = 0;
  for (int i = 0; i < 100; ++i) {
    append(*log, std::to_string(i));
    if (i % 3 == 0) {
      ASSERT_TRUE(log->write());
    }
    const auto record = reader.next(next);
    ASSERT_TRUE(record && *record);
    EXPECT_EQ(as_text((*record)->payload), std::to_string(i));
    next = (*record)->end();
    EXPECT_FALSE(*reader.next(next));
  }
}

}  // namespace
}  // namespace bb::log
