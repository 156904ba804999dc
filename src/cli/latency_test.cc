#include "cli/latency.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

using std::chrono::nanoseconds;

std::vector<nanoseconds> one_to(int count) {
  std::vector<nanoseconds> times;
  for (int i = count; i >= 1; --i) times.emplace_back(i);
  return times;
}

TEST(Percentile, IsTheNearestRank) {
  EXPECT_EQ(percentile(one_to(100), 50), nanoseconds(50));
  EXPECT_EQ(percentile(one_to(100), 99), nanoseconds(99));
  EXPECT_EQ(percentile(one_to(100), 100), nanoseconds(100));
  EXPECT_EQ(percentile(one_to(100), 0), nanoseconds(1));
  EXPECT_EQ(percentile(one_to(5), 50), nanoseconds(3));
  EXPECT_EQ(percentile(one_to(60), 99), nanoseconds(60));
  EXPECT_EQ(percentile(one_to(1), 99), nanoseconds(1));
}

}  // namespace
}  // namespace bb::cli
