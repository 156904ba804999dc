#include "broker/validation_policy.h"

#include <gtest/gtest.h>

#include "broker/test_results.h"

namespace bb::broker {
namespace {

TEST(ValidationPolicy, IsOffWhereTheArgumentsAreSilent) {
  EXPECT_EQ(*validation_policy_in({}, "exchange 'x'"), ValidationPolicy::kOff);
  EXPECT_EQ(*validation_policy_in({{"alternate-exchange", "y"}}, "exchange 'x'"),
            ValidationPolicy::kOff);
}

TEST(ValidationPolicy, IsWhatTheArgumentNames) {
  for (const std::string_view name : {"off", "permissive", "strict"}) {
    const auto policy = validation_policy_in({{"x-schema-validation", name}}, "exchange 'x'");
    ASSERT_TRUE(policy) << name;
    EXPECT_EQ(to_string(*policy), name);
  }
}

TEST(ValidationPolicy, RefusesAnyOtherValue) {
  const std::vector<std::pair<amqp::FieldValue, std::string>> cases = {
      {"Strict", "'Strict'"}, {"", "''"}, {true, "'true'"}, {std::int32_t{1}, "'1'"}};
  for (const auto& [value, shown] : cases) {
    const auto policy = validation_policy_in({{"x-schema-validation", value}}, "exchange 'x'");
    EXPECT_EQ(code_of(policy), ErrorCode::kPreconditionFailed);
    EXPECT_EQ(message_of(policy),
              "invalid arg 'x-schema-validation' for exchange 'x': it is one of off, permissive, "
              "strict, not " +
                  shown);
  }
}

}  // namespace
}  // namespace bb::broker
