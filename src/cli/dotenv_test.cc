#include "cli/dotenv.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace bb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(DotEnv, ReadsKeysAndValues) {
  const DotEnv env = parse_dotenv(
      "# a comment\n"
      "\n"
      "RABBIT_URL=amqp://user:p#ss@host:5672/\n"
      "  export EXCHANGE_NAME = events.v2  # a comment\r\n"
      "EMPTY=\n"
      "LAST=no newline at the end");
  EXPECT_THAT(env.warnings, IsEmpty());
  EXPECT_THAT(env.values,
              UnorderedElementsAre(Pair("RABBIT_URL", "amqp://user:p#ss@host:5672/"),
                                   Pair("EXCHANGE_NAME", "events.v2"), Pair("EMPTY", ""),
                                   Pair("LAST", "no newline at the end")));
}

TEST(DotEnv, ReadsQuotes) {
  const DotEnv env = parse_dotenv(
      "A='as it is # $x \\n'\n"
      "B=\"line\\nbreak \\\"quoted\\\" \\$x \\\\ \\q\"  # comment\n");
  EXPECT_THAT(env.warnings, IsEmpty());
  EXPECT_THAT(env.values, UnorderedElementsAre(Pair("A", "as it is # $x \\n"),
                                               Pair("B", "line\nbreak \"quoted\" $x \\ \\q")));
}

TEST(DotEnv, LastOfAKeyThatComesTwiceCounts) {
  EXPECT_THAT(parse_dotenv("A=1\nA=2\n").values, ElementsAre(Pair("A", "2")));
}

TEST(DotEnv, WarnsOfMalformedLinesAndGoesOn) {
  const DotEnv env = parse_dotenv(
      "GOOD=1\n"
      "secret-without-equals\n"
      "1BAD=2\n"
      "OPEN=\"secret\n"
      "TAIL='secret' secret\n"
      "ALSO=2\n");
  EXPECT_THAT(env.values, UnorderedElementsAre(Pair("GOOD", "1"), Pair("ALSO", "2")));
  EXPECT_THAT(env.warnings, ElementsAre(HasSubstr("line 2:"), HasSubstr("line 3:"),
                                        HasSubstr("line 4:"), HasSubstr("line 5:")));
}

TEST(DotEnv, NeverQuotesALine) {
  for (const std::string& warning : parse_dotenv("secret\nA=\"secret\nB='x' secret\n").warnings) {
    EXPECT_THAT(warning, testing::Not(HasSubstr("secret")));
  }
}

TEST(DotEnvFile, ThatIsAbsentIsEmpty) {
  const DotEnv env = load_dotenv("/nonexistent/.env");
  EXPECT_THAT(env.values, IsEmpty());
  EXPECT_THAT(env.warnings, IsEmpty());
}

TEST(DotEnvFile, ThatCannotBeReadIsAWarning) {
  const DotEnv env = load_dotenv("/");
  EXPECT_THAT(env.values, IsEmpty());
  EXPECT_THAT(env.warnings, ElementsAre(HasSubstr("directory")));
}

TEST(DotEnvFile, ThatIsTooLargeIsAWarning) {
  const auto path = std::filesystem::path(testing::TempDir()) / "large.env";
  std::ofstream(path) << "A=1\n" << std::string(kDotEnvBytesMax, '#');
  const DotEnv env = load_dotenv(path);
  std::filesystem::remove(path);
  EXPECT_THAT(env.values, IsEmpty());
  EXPECT_THAT(env.warnings, ElementsAre(HasSubstr("larger than 256 KiB")));
}

// Opening a pipe that nobody writes waits for ever.
TEST(DotEnvFile, ThatIsAPipeOrADeviceIsAWarning) {
  const auto pipe = std::filesystem::path(testing::TempDir()) / "pipe.env";
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe.string(), std::string("/dev/zero")}) {
    const DotEnv env = load_dotenv(path);
    EXPECT_THAT(env.values, IsEmpty());
    EXPECT_THAT(env.warnings, ElementsAre(HasSubstr("no regular file")));
  }
  std::filesystem::remove(pipe);
}

}  // namespace
}  // namespace bb::cli
