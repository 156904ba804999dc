#include "base/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace bb {
namespace {

// What `make` returns in a forked child. The parent's buffer is warm before the
// fork, so that a child that kept its copy would repeat the parent's next value.
std::uint64_t in_child(std::uint64_t (*make)()) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::uint64_t value = make();
    const bool sent = write(ends[1], &value, sizeof value) == sizeof value;
    _exit(sent ? 0 : 1);
  }
  std::uint64_t value = 0;
  EXPECT_EQ(read(ends[0], &value, sizeof value), ssize_t{sizeof value});
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
  return value;
}

TEST(Random, ValuesDoNotRepeat) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(random_u64()).second);
}

TEST(Random, ThreadsDoNotShareABuffer) {
  std::vector<std::uint64_t> other;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) other.push_back(random_u64());
  }).join();
  std::set<std::uint64_t> seen(other.begin(), other.end());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(random_u64()).second);
}

TEST(Random, EveryByteOfALargeRequestIsFilled) {
  // 4096 bytes hold all 256 values with a probability of 1 - 3e-5; four tries make it certain.
  std::set<std::uint8_t> values;
  for (int attempt = 0; attempt < 4; ++attempt) {
    std::vector<std::uint8_t> bytes(4096);
    fill_random(bytes);
    values.insert(bytes.begin(), bytes.end());
    const std::vector<std::uint8_t> tail(bytes.end() - 64, bytes.end());
    EXPECT_NE(tail, std::vector<std::uint8_t>(64));
  }
  EXPECT_EQ(values.size(), 256U);
}

TEST(Random, ChildProcessDoesNotRepeatItsParent) {
  random_u64();
  const std::uint64_t of_child = in_child([] { return random_u64(); });
  EXPECT_NE(of_child, random_u64());
}

TEST(Random, ForkStartsAGeneration) {
  const std::uint32_t before = fork_generation();
  EXPECT_EQ(in_child([] { return std::uint64_t{fork_generation()}; }), before + 1);
  EXPECT_EQ(fork_generation(), before);
}

}  // namespace
}  // namespace bb
