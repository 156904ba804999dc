#include "client/spool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "client/test_spool.h"

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr SpoolArea kWaiting = SpoolArea::kWaiting;
constexpr SpoolArea kRefused = SpoolArea::kRefused;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() : folder_("bb-spool-XXXXXX") {}

  std::string path() const { return folder_.path() + "/spool"; }
  Spool open(const SpoolOptions& options = {}) const { return open_spool(path(), options); }
  std::uintmax_t segments() const {
    return static_cast<std::uintmax_t>(std::ranges::count_if(
        std::filesystem::directory_iterator(path()),
        [](const auto& entry) { return entry.path().extension() == ".spool"; }));
  }

  TemporaryFolder folder_;
};

TEST_F(SpoolTest, GivesBackWhatWasAppended) {
  Spool spool = open();
  const OutgoingMessage message{
      .exchange = "events",
      .routing_key = "voice.transcribed",
      .properties = {.content_type = "application/json", .delivery_mode = 2, .message_id = "id-1"},
      .body = R"({"text":"hello"})",
      .mandatory = false};
  EXPECT_EQ(*spool.append(message, at_ms(1'700'000'000'123)), 1U);
  const std::vector<SpoolEntry> entries = visited(spool);
  ASSERT_EQ(entries.size(), 1U);
  const SpoolEntry& entry = entries.front();
  EXPECT_EQ(entry.number, 1U);
  EXPECT_EQ(entry.spooled_at, at_ms(1'700'000'000'123));
  EXPECT_EQ(entry.refusal, "");
  const OutgoingMessage back = entry.message();
  EXPECT_EQ(back.exchange, "events");
  EXPECT_EQ(back.routing_key, "voice.transcribed");
  EXPECT_EQ(back.properties.content_type, "application/json");
  EXPECT_EQ(back.properties.delivery_mode, 2);
  EXPECT_EQ(back.properties.message_id, "id-1");
  EXPECT_EQ(back.properties.app_id, std::nullopt);
  EXPECT_EQ(back.body, R"({"text":"hello"})");
  EXPECT_FALSE(back.mandatory);
}

TEST_F(SpoolTest, IsForItsOwnerAlone) {
  Spool spool = open();
  append(spool, {"a"});
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(path())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(SpoolTest, DrainsInOrderWhatSeveralHaveAppended) {
  Spool one = open();
  Spool two = open();
  append(one, {"a", "b"});
  append(two, {"c"});
  append(one, {"d"});
  EXPECT_THAT(drain_all(two), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(drain_all(one), IsEmpty());
  EXPECT_EQ(segments(), 0U) << "their space is given back";
  append(one, {"e"});
  EXPECT_THAT(numbers(visited(two)), ElementsAre(5U)) << "numbers are not used again";
}

TEST_F(SpoolTest, IsEmptyUntilSomethingIsAppendedAndWhenAllIsDone) {
  EXPECT_TRUE(Spool::is_empty(path()));
  EXPECT_FALSE(std::filesystem::exists(path())) << "asking makes nothing";
  Spool spool = open();
  EXPECT_TRUE(Spool::is_empty(path()));
  append(spool, {"a", "b"});
  EXPECT_FALSE(Spool::is_empty(path()));
  auto drain = begin_drain(spool);
  const auto batch = next_batch(drain);
  ASSERT_TRUE(drain.done(batch[0].number));
  EXPECT_FALSE(Spool::is_empty(path()));
  ASSERT_TRUE(drain.set_aside(batch[1].number, "no such exchange"));
  ASSERT_TRUE(drain.close());
  EXPECT_TRUE(Spool::is_empty(path())) << "what was refused does not wait";
}

TEST_F(SpoolTest, WhatWasNotDoneStaysInItsPlace) {
  Spool spool = open();
  append(spool, {"a", "b", "c", "d"});
  {
    auto drain = begin_drain(spool);
    const auto batch = next_batch(drain);
    ASSERT_TRUE(drain.done(batch[2].number));
    ASSERT_TRUE(drain.done(batch[0].number));
    EXPECT_EQ(drain.done(batch[0].number).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(drain.done(17).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(drain.in_flight(), 2U);
    EXPECT_THAT(next_batch(drain), IsEmpty()) << "each once";
  }
  EXPECT_THAT(drain_all(spool), ElementsAre("b", "d"));
}

TEST_F(SpoolTest, ABatchIsBoundedInEntriesAndBytes) {
  Spool spool = open();
  append(spool, {"a", "b", "c", std::string(5000, 'd'), "e"});
  auto drain = begin_drain(spool);
  EXPECT_THAT(bodies(next_batch(drain, {.entries_max = 2})), ElementsAre("a", "b"));
  EXPECT_THAT(bodies(next_batch(drain, {.bytes_max = 1000})), ElementsAre("c"));
  EXPECT_THAT(next_batch(drain, {.bytes_max = 1000}), testing::SizeIs(1)) << "a large one, alone";
  EXPECT_THAT(bodies(next_batch(drain, {.bytes_max = 1000})), ElementsAre("e"));
}

TEST_F(SpoolTest, ADrainFindsWhatIsAppendedMeanwhile) {
  Spool spool = open();
  Spool other = open();
  append(other, {"a"});
  auto drain = begin_drain(spool);
  EXPECT_THAT(done_bodies(drain), ElementsAre("a"));
  append(other, {"b"});
  EXPECT_THAT(done_bodies(drain), ElementsAre("b"));
  EXPECT_THAT(done_bodies(drain), IsEmpty());
  append(other, {"c"});
  EXPECT_THAT(done_bodies(drain), ElementsAre("c"));
  ASSERT_TRUE(drain.close());
  EXPECT_THAT(visited(other), IsEmpty());
}

TEST_F(SpoolTest, OneDrainsAtATime) {
  Spool one = open();
  Spool two = open();
  append(one, {"a"});
  {
    auto drain = begin_drain(one);
    EXPECT_FALSE(two.try_begin_drain()->has_value());
    EXPECT_TRUE(two.status()->draining);
    EXPECT_EQ(two.drop(kWaiting, 1).error().code, ErrorCode::kResourceLocked);
    EXPECT_EQ(two.drop_all(kWaiting).error().code, ErrorCode::kResourceLocked);
    EXPECT_EQ(two.drop_damaged().error().code, ErrorCode::kResourceLocked);
    EXPECT_THAT(bodies(visited(two)), ElementsAre("a")) << "looking is free";
  }
  EXPECT_FALSE(two.status()->draining);
  EXPECT_TRUE(two.try_begin_drain()->has_value());
}

TEST_F(SpoolTest, SpaceComesBackSegmentBySegment) {
  Spool spool = open({.bytes_max = 1 << 20, .segment_bytes_max = 4096});
  for (int i = 0; i < 20; ++i) append(spool, {std::string(1000, static_cast<char>('a' + i))});
  EXPECT_EQ(segments(), 7U) << "of three entries each, and two";
  auto drain = begin_drain(spool);
  for (int i = 0; i < 10; ++i) {
    const auto batch = next_batch(drain, {.entries_max = 1});
    ASSERT_EQ(bodies(batch), std::vector{std::string(1000, static_cast<char>('a' + i))});
    ASSERT_TRUE(drain.done(batch.front().number));
  }
  next_batch(drain, {.entries_max = 1});
  EXPECT_EQ(segments(), 4U);
  EXPECT_LE(spool.status()->bytes, 4 * 4096U);
}

TEST_F(SpoolTest, AFullSpoolRefusesAndSaysWhatToDo) {
  Spool spool = open({.bytes_max = 20'000, .segment_bytes_max = 4096});
  std::vector<std::string> taken;
  Result<std::uint64_t> last = 0;
  for (int i = 0; i < 100 && last; ++i) {
    const std::string body(900, static_cast<char>('a' + i % 26));
    last = spool.append({.routing_key = "k", .body = body}, at_ms(1));
    if (last) taken.push_back(body);
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ErrorCode::kResourceError);
  EXPECT_THAT(last.error().message, HasSubstr("of 20000 bytes are taken"));
  EXPECT_THAT(last.error().message, HasSubstr("bb spool flush"));
  EXPECT_LE(spool.status()->bytes, 20'000U);
  EXPECT_THAT(taken, testing::SizeIs(testing::Ge(15U)));
  EXPECT_EQ(bodies(visited(spool)), taken);
  EXPECT_EQ(drain_all(spool), taken);
  append(spool, {"there is room again"});
}

TEST_F(SpoolTest, AppendsAllOrNothing) {
  Spool spool = open({.bytes_max = 3000});
  append(spool, {"a"});
  const std::string large(2000, 'x');
  const std::vector<OutgoingMessage> messages{{.body = "b"}, {.body = large}, {.body = large}};
  EXPECT_FALSE(spool.append(messages, at_ms(1)));
  EXPECT_THAT(drain_all(spool), ElementsAre("a"));
}

TEST_F(SpoolTest, ARefusedEntryIsSetAsideAndCanBeSentAgain) {
  Spool spool = open();
  append(spool, {"a", "b", "c"});
  {
    auto drain = begin_drain(spool);
    const auto batch = next_batch(drain);
    ASSERT_TRUE(drain.done(batch[0].number));
    ASSERT_TRUE(drain.set_aside(batch[1].number, "no queue received it"));
    ASSERT_TRUE(drain.done(batch[2].number));
  }
  EXPECT_THAT(visited(spool), IsEmpty());
  const auto refused = visited(spool, kRefused);
  ASSERT_THAT(bodies(refused), ElementsAre("b"));
  EXPECT_EQ(refused.front().number, 2U);
  EXPECT_EQ(refused.front().refusal, "no queue received it");
  EXPECT_EQ(spool.status()->refused_entries, 1U);
  EXPECT_GT(spool.status()->refused_bytes, 0U);
  {
    auto drain = begin_drain(spool, kRefused);
    ASSERT_TRUE(drain.set_aside(next_batch(drain).front().number, "still none"));
  }
  EXPECT_THAT(bodies(visited(spool, kRefused)), ElementsAre("b"));
  EXPECT_THAT(drain_all(spool, kRefused), ElementsAre("b"));
  EXPECT_THAT(visited(spool, kRefused), IsEmpty());
}

TEST_F(SpoolTest, RefusedEntriesAreBoundedToo) {
  Spool spool = open({.bytes_max = 4000});
  for (int round = 0;; ++round) {
    ASSERT_LT(round, 10);
    append(spool, {std::string(1500, 'x')});
    auto drain = begin_drain(spool);
    const std::uint64_t number = next_batch(drain).front().number;
    const auto set_aside = drain.set_aside(number, "no");
    if (set_aside) continue;
    EXPECT_EQ(set_aside.error().code, ErrorCode::kResourceError);
    EXPECT_THAT(set_aside.error().message, HasSubstr("bb spool list --refused"));
    break;
  }
  EXPECT_THAT(visited(spool), testing::SizeIs(1)) << "it is not lost";
}

TEST_F(SpoolTest, ListsFromANumberOnAndUntilToldToStop) {
  Spool spool = open({.segment_bytes_max = 300});
  for (const char* body : {"a", "b", "c", "d", "e"}) append(spool, {body});
  EXPECT_THAT(bodies(visited(spool, kWaiting, 4)), ElementsAre("d", "e"));
  std::vector<std::string> seen;
  ASSERT_TRUE(spool.visit(kWaiting, 0, [&](const SpoolEntry& entry) {
    seen.push_back(entry.body);
    return seen.size() < 2;
  }));
  EXPECT_THAT(seen, ElementsAre("a", "b"));
}

TEST_F(SpoolTest, TellsItsStatus) {
  Spool spool = open({.bytes_max = 1 << 20});
  const SpoolStatus empty = *spool.status();
  EXPECT_EQ(empty.entries, 0U);
  EXPECT_EQ(empty.bytes, 0U);
  EXPECT_EQ(empty.bytes_max, 1U << 20);
  EXPECT_EQ(empty.oldest, std::nullopt);
  for (const std::int64_t ms : {2000, 1000, 3000}) {
    ASSERT_TRUE(spool.append({.body = "x"}, at_ms(ms)));
  }
  const SpoolStatus status = *spool.status();
  EXPECT_EQ(status.entries, 3U);
  EXPECT_GT(status.bytes, 0U);
  EXPECT_EQ(status.oldest, at_ms(1000));
  EXPECT_EQ(status.newest, at_ms(3000));
  EXPECT_EQ(status.damage, std::nullopt);
}

TEST_F(SpoolTest, DropsOneOrAll) {
  Spool spool = open();
  append(spool, {"a", "b", "c"});
  ASSERT_TRUE(spool.drop(kWaiting, 2));
  EXPECT_THAT(bodies(visited(spool)), ElementsAre("a", "c"));
  EXPECT_EQ(spool.drop(kWaiting, 2).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(*spool.drop_all(kWaiting), 2U);
  EXPECT_THAT(visited(spool), IsEmpty());
  EXPECT_TRUE(Spool::is_empty(path()));
  EXPECT_EQ(*spool.drop_all(kWaiting), 0U);
  append(spool, {"d"});
  EXPECT_THAT(numbers(visited(spool)), ElementsAre(4U));
}

TEST_F(SpoolTest, LeavesOtherFilesAlone) {
  Spool spool = open();
  std::ofstream(path() + "/notes.txt") << "mine";
  std::ofstream(path() + "/queue-1.spool") << "no segment's name";
  append(spool, {"a"});
  EXPECT_THAT(drain_all(spool), ElementsAre("a"));
  ASSERT_TRUE(spool.drop_all(kWaiting));
  EXPECT_TRUE(std::filesystem::exists(path() + "/notes.txt"));
  EXPECT_TRUE(std::filesystem::exists(path() + "/queue-1.spool"));
}

TEST_F(SpoolTest, RefusesFilesOfAnotherVersion) {
  Spool spool = open();
  append(spool, {"a"});
  const std::string name = path() + "/" + spool::segment_name("queue", 1);
  std::array<std::byte, spool::kSegmentHeaderBytes> header{};
  spool::encode_header({.version = 2, .salt = 1, .base = 1}, header);
  std::fstream(name, std::ios::in | std::ios::out | std::ios::binary)
      .write(reinterpret_cast<const char*>(header.data()), header.size());
  const auto appended = spool.append({.body = "b"}, at_ms(1));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kFailure);
  EXPECT_THAT(appended.error().message, HasSubstr("version 2"));
}

TEST_F(SpoolTest, AFileThatIsGoneOrCutOffIsToldUntilThatIsAccepted) {
  for (const bool gone : {true, false}) {
    SCOPED_TRACE(gone);
    Spool spool = open();
    append(spool, {"a"});
    const auto number = visited(spool).front().number;
    append(spool, {"b"});
    const std::string name = path() + "/" + spool::segment_name("queue", number);
    if (gone) {
      std::filesystem::remove(name);
    } else {
      std::filesystem::resize_file(name, std::filesystem::file_size(name) - 8);
    }
    const auto appended = spool.append({.body = "c"}, at_ms(1));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, ErrorCode::kCorruptData);
    EXPECT_THAT(appended.error().message, HasSubstr(name));
    EXPECT_THAT(appended.error().message, HasSubstr("bb spool drop --damaged"));
    EXPECT_EQ(spool.status().error().code, ErrorCode::kCorruptData);
    EXPECT_EQ(begin_drain(spool).next_batch().error().code, ErrorCode::kCorruptData);
    const auto dropped = spool.drop_damaged();
    ASSERT_TRUE(dropped);
    EXPECT_EQ(dropped->places, 1U);
    EXPECT_GT(dropped->bytes, 0U) << "the event that is gone";
    EXPECT_EQ(spool.drop_damaged()->places, 0U);
    append(spool, {"d"});
    if (gone) {
      EXPECT_THAT(drain_all(spool), ElementsAre("d"));
    } else {
      EXPECT_THAT(drain_all(spool), ElementsAre("a", "d"));
    }
  }
}

}  // namespace
}  // namespace bb::client
