#include "client/retry_policy.h"

#include <gmock/gmock.h>

namespace bb::client {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;

RetryPolicy policy(std::size_t attempts_max, double factor) {
  RetryPolicy policy;
  policy.attempts_max = attempts_max;
  policy.first = milliseconds(1000);
  policy.factor = factor;
  policy.most = milliseconds(60'000);
  return policy;
}

TEST(RetryPolicy, GrowsByItsFactorUpToItsMost) {
  EXPECT_THAT(policy(6, 5).delays(), ElementsAre(milliseconds(1000), milliseconds(5000),
                                                 milliseconds(25'000), milliseconds(60'000)));
  EXPECT_EQ(policy(6, 5).delay(1), milliseconds(1000));
  EXPECT_EQ(policy(6, 5).delay(3), milliseconds(25'000));
  EXPECT_EQ(policy(6, 5).delay(100), milliseconds(60'000));
}

TEST(RetryPolicy, OneAttemptHasADelayForWhatIsDeferred) {
  EXPECT_THAT(policy(1, 5).delays(), ElementsAre(milliseconds(1000)));
  EXPECT_THAT(policy(0, 5).delays(), ElementsAre(milliseconds(1000)));
}

TEST(RetryPolicy, EveryDelayHasItsQueue) {
  for (const std::size_t attempts_max : {0u, 1u, 2u, 3u, 7u}) {
    const auto delays = policy(attempts_max, 3).delays();
    for (std::size_t attempts = 0; attempts < 20; ++attempts) {
      EXPECT_THAT(delays, Contains(policy(attempts_max, 3).delay(attempts)));
    }
  }
}

TEST(RetryPolicy, AConstantDelayIsOneQueue) {
  EXPECT_THAT(policy(100, 1).delays(), ElementsAre(milliseconds(1000)));
  EXPECT_THAT(policy(100, 0).delays(), ElementsAre(milliseconds(1000)));
}

TEST(RetryPolicy, NoDelayIsZero) {
  RetryPolicy at_once;
  at_once.first = milliseconds(0);
  EXPECT_EQ(at_once.delay(1), milliseconds(1));
}

}  // namespace
}  // namespace bb::client
