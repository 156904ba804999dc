#include "webhook/retry_schedule.h"

#include <gmock/gmock.h>

#include <limits>

namespace bb::webhook {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kLeast = 0;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(RetrySchedule, GrowsByTheFactorUpToTheMaximum) {
  const RetrySchedule schedule({.delay = 100ms, .factor = 3, .delay_max = 2s});
  EXPECT_EQ(schedule.delay_after(1, kMost), 100ms);
  EXPECT_EQ(schedule.delay_after(2, kMost), 300ms);
  EXPECT_EQ(schedule.delay_after(3, kMost), 900ms);
  EXPECT_EQ(schedule.delay_after(4, kMost), 2000ms);
  EXPECT_EQ(schedule.delay_after(std::numeric_limits<unsigned>::max(), kMost), 2000ms);
}

TEST(RetrySchedule, WaitsAtLeastHalfOfIt) {
  const RetrySchedule schedule({.delay = 100ms, .factor = 2, .delay_max = 2s});
  EXPECT_EQ(schedule.delay_after(1, kLeast), 50ms);
  EXPECT_EQ(schedule.delay_after(1, kMost / 2), 75ms);
  EXPECT_EQ(schedule.delay_after(3, kLeast), 200ms);
  EXPECT_EQ(schedule.delay_after(1000, kLeast), 1000ms);
}

}  // namespace
}  // namespace bb::webhook
