#include "cli/event_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/read_file.h"

namespace bb::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::StartsWith;

constexpr std::string_view kEvent =
    R"({"event_id":"599c61a2-a885-5d16-a254-a85c490ebc81","event_type":"a.b.c",)"
    R"("timestamp":"2026-01-27T10:15:30Z","version":"1.0.0",)"
    R"("source":{"host":"h","type":"manual"},"payload":{"n": 1.50}})";

class EventDumpTest : public testing::Test {
 protected:
  EventDumpTest() {
    std::string name = (fs::temp_directory_path() / "bb-dump-XXXXXX").string();
    parent_ = ::mkdtemp(name.data());
  }
  ~EventDumpTest() override { fs::remove_all(parent_); }

  std::string folder() const { return (parent_ / "events").string(); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder())) {
      found.push_back(entry.path().filename().string());
    }
    std::ranges::sort(found);
    return found;
  }

  fs::path parent_;
};

TEST_F(EventDumpTest, AnEventIsAFileWithItsBytes) {
  EventDump dump = EventDump::open(folder()).value();
  const auto path = dump.write({.routing_key = "a.b.c", .content_type = {}, .body = kEvent});
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(io::read_file(*path, 10'000).value(), kEvent);
  EXPECT_THAT(names(),
              ElementsAre("20260127T101530.000Z_a.b.c_599c61a2-a885-5d16-a254-a85c490ebc81.json"));
}

TEST_F(EventDumpTest, TheSameEventIsTheSameFile) {
  EventDump dump = EventDump::open(folder()).value();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(dump.write({.routing_key = "a", .content_type = {}, .body = kEvent}));
  }
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(EventDumpTest, WhatIsNoEventIsKeptToo) {
  EventDump dump = EventDump::open(folder()).value();
  ASSERT_TRUE(dump.write({.routing_key = "a", .content_type = {}, .body = "no event"}));
  ASSERT_TRUE(dump.write({.routing_key = "a", .content_type = {}, .body = "nor this"}));
  EXPECT_THAT(names(), ElementsAre(StartsWith("undecodable_"), StartsWith("undecodable_")));
}

TEST_F(EventDumpTest, ATypeCannotLeaveTheFolder) {
  std::string event(kEvent);
  event.replace(event.find("a.b.c"), 5, "../../x/y");
  EventDump dump = EventDump::open(folder()).value();
  const auto path = dump.write({.routing_key = "a", .content_type = {}, .body = event});
  ASSERT_TRUE(path);
  EXPECT_EQ(fs::path(*path).parent_path(), fs::path(folder()));
}

TEST_F(EventDumpTest, AFolderThatCannotBeIsAnError) {
  const auto nowhere = EventDump::open((parent_ / "no" / "such").string());
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kIo);
  std::ofstream(folder()) << "a file";
  EXPECT_FALSE(EventDump::open(folder()));
}

}  // namespace
}  // namespace bb::cli
