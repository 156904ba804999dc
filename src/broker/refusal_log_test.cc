#include "broker/refusal_log.h"

#include <gtest/gtest.h>

namespace bb::broker {
namespace {

TEST(RefusalLog, OneLineAWhileTellsOfThoseInBetween) {
  RefusalLog log;
  TimePoint now{};
  EXPECT_EQ(log.note(now), 0u);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(log.note(now));
  now += RefusalLog::kQuiet;
  EXPECT_EQ(log.note(now), 3u);
  EXPECT_FALSE(log.note(now));
}

}  // namespace
}  // namespace bb::broker
