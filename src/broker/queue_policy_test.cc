#include "broker/queue_policy.h"

#include <gtest/gtest.h>

#include "broker/queue_arguments.h"

namespace bb::broker {
namespace {

using std::chrono::milliseconds;

TEST(QueuePolicy, WithoutArgumentsIsAClassicQueueThatKeepsEverything) {
  const auto policy = parse_queue_policy({}, "queue");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->type, QueueType::kClassic);
  EXPECT_EQ(policy->overflow, Overflow::kDropHead);
  EXPECT_EQ(policy->delayed_retry, DelayedRetry::kNone);
  EXPECT_EQ(policy->max_priority, 0);
  EXPECT_FALSE(policy->message_ttl || policy->expires || policy->max_length ||
               policy->max_length_bytes || policy->delivery_limit || policy->dead_letter_exchange);
}

TEST(QueuePolicy, ArgumentsOfDelayedRetryAreChecked) {
  struct Case {
    amqp::FieldTable arguments;
    std::string_view error;
  };
  const Case cases[] = {
      {{{"x-delayed-retry-type", "sometimes"}},
       "invalid arg 'x-delayed-retry-type' for queue: invalid_delayed_retry_type"},
      {{{"x-delayed-retry-min", 0}}, "invalid arg 'x-delayed-retry-min' for queue: {value_zero,0}"},
      {{{"x-delayed-retry-min", 5}, {"x-delayed-retry-max", 4}},
       "invalid arg 'x-delayed-retry-max' for queue: delayed_retry_max_below_min"},
  };
  for (Case row : cases) {
    row.arguments.set("x-queue-type", "quorum");
    const auto policy = parse_queue_policy(row.arguments, "queue");
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().code, ErrorCode::kPreconditionFailed);
    EXPECT_EQ(policy.error().message, row.error);
  }
}

TEST(QueuePolicy, AgesHaveAUnit) {
  EXPECT_EQ(parse_age("1s"), milliseconds(1000));
  EXPECT_EQ(parse_age("2m"), milliseconds(120'000));
  EXPECT_EQ(parse_age("3h"), milliseconds(10'800'000));
  EXPECT_EQ(parse_age("1D"), milliseconds(86'400'000));
  EXPECT_EQ(parse_age("1M"), 30 * milliseconds(86'400'000));
  EXPECT_EQ(parse_age("1Y"), 365 * milliseconds(86'400'000));
  for (const std::string_view age : {"", "s", "5", "0s", "-1s", "1w", "1ss", "9999999999Y"}) {
    EXPECT_FALSE(parse_age(age)) << age;
  }
}

}  // namespace
}  // namespace bb::broker
