#include "client/back_off.h"

#include <gtest/gtest.h>

#include <set>

namespace bb::client {
namespace {

using std::chrono::milliseconds;

TEST(BackOff, DoublesUpToItsMostAndStartsAnewAfterSuccess) {
  BackOff back_off({.first = milliseconds(50), .most = milliseconds(800)}, 1);
  for (const int most : {50, 100, 200, 400, 800, 800, 800}) {
    const auto pause = back_off.next();
    EXPECT_LE(pause, milliseconds(most));
    EXPECT_GE(pause, milliseconds(most / 2));
  }
  back_off.reset();
  EXPECT_LE(back_off.next(), milliseconds(50));
}

TEST(BackOff, TwoDoNotComeBackTogether) {
  std::set<std::int64_t> pauses;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    pauses.insert(
        BackOff({.first = milliseconds(800), .most = milliseconds(800)}, seed).next().count());
  }
  EXPECT_GT(pauses.size(), 10u);
}

TEST(BackOff, ShortPausesArePausesToo) {
  BackOff back_off({.first = milliseconds(1), .most = milliseconds(1)}, 1);
  EXPECT_EQ(back_off.next(), milliseconds(1));
}

}  // namespace
}  // namespace bb::client
