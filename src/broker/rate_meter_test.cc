#include "broker/rate_meter.h"

#include <gtest/gtest.h>

namespace bb::broker {
namespace {

using std::chrono::milliseconds;

TimePoint at(milliseconds time) {
  return TimePoint(std::chrono::hours(1000)) + time;
}

TEST(RateMeter, NothingHappenedYet) {
  const RateMeter meter;
  EXPECT_EQ(meter.rate(at(milliseconds(0))), 0);
  EXPECT_EQ(meter.total(), 0u);
}

TEST(RateMeter, TellsASteadyRateAtAnyTime) {
  RateMeter meter;
  for (int i = 0; i < 3000; ++i) {
    const milliseconds now(10 * i);
    meter.add(at(now));
    if (now >= milliseconds(10'000)) {
      EXPECT_NEAR(meter.rate(at(now)), 100, 1) << now.count();
    }
  }
  EXPECT_EQ(meter.total(), 3000u);
}

TEST(RateMeter, ForgetsWhatIsOver) {
  RateMeter meter;
  meter.add(at(milliseconds(0)), 500);
  EXPECT_EQ(meter.rate(at(milliseconds(0))), 100);
  EXPECT_GT(meter.rate(at(milliseconds(7'000))), 0);
  EXPECT_EQ(meter.rate(at(milliseconds(10'000))), 0);
  EXPECT_EQ(meter.rate(at(std::chrono::hours(1))), 0);
  meter.add(at(std::chrono::hours(2)), 5);
  EXPECT_EQ(meter.rate(at(std::chrono::hours(2))), 1) << "what was long ago does not count";
  EXPECT_EQ(meter.total(), 505u);
}

}  // namespace
}  // namespace bb::broker
