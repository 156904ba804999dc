#include "broker/login_throttle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bb::broker {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart = TimePoint{} + 1h;

TEST(LoginThrottle, EachRefusalOfAnAddressWaitsLongerUpToAMaximum) {
  const Options options;
  LoginThrottle throttle(options);
  EXPECT_EQ(throttle.refused("10.0.0.1:1", kStart), 1s);
  EXPECT_EQ(throttle.refused("10.0.0.1:2", kStart), 2s);
  EXPECT_EQ(throttle.refused("10.0.0.2:1", kStart), 1s) << "another address";
  for (int i = 0; i < 10; ++i) throttle.refused("10.0.0.1:3", kStart);
  EXPECT_EQ(throttle.refused("10.0.0.1:3", kStart), 2s);
  EXPECT_EQ(throttle.refused_count(), 14u);
}

TEST(LoginThrottle, ForgetsAnAddressThatKeptQuiet) {
  const Options options;
  LoginThrottle throttle(options);
  throttle.refused("[::1]:1", kStart);
  throttle.refused("[::1]:1", kStart);
  EXPECT_EQ(throttle.refused("[::1]:1", kStart + options.login_memory), 1s);
}

TEST(LoginThrottle, RemembersNoMoreAddressesThanItMay) {
  Options options;
  options.login_peers_max = 3;
  LoginThrottle throttle(options);
  for (int i = 0; i < 10; ++i) throttle.refused(fmt::format("10.0.0.{}:1", i), kStart + i * 1ms);
  EXPECT_EQ(throttle.address_count(), 3u);
  EXPECT_EQ(throttle.refused("10.0.0.9:1", kStart + 20ms), 2s) << "the oldest are forgotten first";
}

}  // namespace
}  // namespace bb::broker
