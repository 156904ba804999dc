#include "base/logging.h"

#include <gmock/gmock.h>

namespace bb::logging {
namespace {

using testing::HasSubstr;

TEST(Logging, ParsesEveryLevel) {
  EXPECT_EQ(parse_level("debug"), Level::kDebug);
  EXPECT_EQ(parse_level("info"), Level::kInfo);
  EXPECT_EQ(parse_level("warning"), Level::kWarning);
  EXPECT_EQ(parse_level("error"), Level::kError);
}

TEST(Logging, AnUnknownLevelIsAUsageErrorThatListsTheChoices) {
  for (const char* name : {"", "INFO", "warn", "info ", "trace"}) {
    const auto level = parse_level(name);
    ASSERT_FALSE(level) << name;
    EXPECT_EQ(level.error().code, ErrorCode::kUsage);
    EXPECT_THAT(level.error().message, HasSubstr("debug, info, warning, error"));
  }
}

TEST(Logging, EntriesBelowTheLevelAreDropped) {
  set_level(Level::kWarning);
  EXPECT_FALSE(enabled(Level::kInfo));
  EXPECT_TRUE(enabled(Level::kWarning));
  EXPECT_TRUE(enabled(Level::kError));
  set_level(Level::kInfo);
  EXPECT_FALSE(enabled(Level::kDebug));
  EXPECT_TRUE(enabled(Level::kInfo));
}

// Users and vhosts are named by strangers, before any of them has logged in.
TEST(Logging, ANameCannotForgeALineOrDriveTheTerminal) {
  testing::internal::CaptureStderr();
  info("login of user '{}' refused", "evil\n2026-01-01 info    all is well\x1b]0;x\x07");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(written, '\n'), 1) << written;
  EXPECT_THAT(written, testing::Not(HasSubstr("\x1b]0")));
  EXPECT_THAT(written, HasSubstr("all is well"));
}

}  // namespace
}  // namespace bb::logging
