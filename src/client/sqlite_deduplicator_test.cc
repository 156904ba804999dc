#include "client/sqlite_deduplicator.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

namespace bb::client {
namespace {

namespace asio = boost::asio;

template <class T>
T run(asio::awaitable<T> task) {
  asio::io_context context(1);
  std::optional<T> value;
  asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& thrown, T result) {
    EXPECT_FALSE(thrown);
    value = std::move(result);
  });
  context.run();
  return *std::move(value);
}

class SqliteDeduplicatorTest : public testing::Test {
 protected:
  SqliteDeduplicatorTest() {
    std::string name = testing::TempDir() + "deduplicator-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~SqliteDeduplicatorTest() override { std::filesystem::remove_all(folder); }

  std::shared_ptr<SqliteDeduplicator> open() {
    SqliteDeduplicatorOptions options;
    options.path = folder + "/handled.sqlite";
    options.window = std::chrono::seconds(100);
    options.now_s = [this] { return now_s; };
    auto opened = SqliteDeduplicator::open(options);
    EXPECT_TRUE(opened) << opened.error().message;
    return *opened;
  }
  static Claim claim(SqliteDeduplicator& events, const std::string& id) {
    const auto claimed = run(events.claim(id));
    EXPECT_TRUE(claimed) << claimed.error().message;
    return claimed.value_or(Claim::kBusy);
  }

  std::string folder;
  std::int64_t now_s = 1'000'000;
};

TEST_F(SqliteDeduplicatorTest, WhatIsDoneIsDoneForTheWindow) {
  const auto events = open();
  EXPECT_EQ(claim(*events, "a"), Claim::kNew);
  EXPECT_TRUE(run(events->done("a")));
  EXPECT_EQ(claim(*events, "a"), Claim::kDone);
  EXPECT_EQ(claim(*open(), "a"), Claim::kDone) << "after a restart";
  now_s += 99;
  EXPECT_EQ(claim(*events, "a"), Claim::kDone);
  now_s += 1;
  EXPECT_EQ(claim(*events, "a"), Claim::kNew);
}

TEST_F(SqliteDeduplicatorTest, WhatIsClaimedIsBusyUntilItIsReleased) {
  const auto one = open();
  const auto two = open();
  EXPECT_EQ(claim(*one, "a"), Claim::kNew);
  EXPECT_EQ(claim(*two, "a"), Claim::kBusy);
  EXPECT_EQ(claim(*one, "a"), Claim::kBusy);
  EXPECT_EQ(claim(*two, "b"), Claim::kNew);
  EXPECT_TRUE(run(one->release("a")));
  EXPECT_EQ(claim(*two, "a"), Claim::kNew);
}

TEST_F(SqliteDeduplicatorTest, ReleasingWhatIsDoneLeavesItDone) {
  const auto events = open();
  EXPECT_EQ(claim(*events, "a"), Claim::kNew);
  EXPECT_TRUE(run(events->done("a")));
  EXPECT_TRUE(run(events->release("a")));
  EXPECT_EQ(claim(*events, "a"), Claim::kDone);
}

TEST_F(SqliteDeduplicatorTest, AClaimEndsWithItsProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto events = open();
    ::_exit(claim(*events, "a") == Claim::kNew ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(claim(*open(), "a"), Claim::kNew);
}

// The consumers of a service may be started all at once.
TEST_F(SqliteDeduplicatorTest, ManyProcessesMakeItTogether) {
  constexpr int kRounds = 20;
  constexpr int kProcesses = 8;
  for (int round = 0; round < kRounds; ++round) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    std::vector<pid_t> children;
    for (int number = 0; number < kProcesses; ++number) {
      const pid_t child = ::fork();
      if (child == 0) {
        SqliteDeduplicatorOptions options;
        options.path = folder + "/handled.sqlite";
        const auto opened = SqliteDeduplicator::open(options);
        if (!opened) fmt::print(stderr, "{}\n", opened.error().message);
        ::_exit(opened ? 0 : 1);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = -1;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
  }
}

TEST_F(SqliteDeduplicatorTest, AFileThatIsNoneIsAnErrorAndStays) {
  const std::string path = folder + "/handled.sqlite";
  std::ofstream(path)
      << "this is somebody's shopping list, and long enough not to be taken for one";
  SqliteDeduplicatorOptions options;
  options.path = path;
  const auto opened = SqliteDeduplicator::open(options);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(path), std::string::npos);
  std::string text;
  std::getline(std::ifstream(path) >> std::ws, text);
  EXPECT_TRUE(text.starts_with("this is somebody's"));
}

}  // namespace
}  // namespace bb::client
