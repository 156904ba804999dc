#include "server/event_validator.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bb::server {
namespace {

using broker::Refusal;
using broker::ValidationPolicy;
using testing::HasSubstr;

Result<schema::SchemaRepository> catalogue() {
  schema::RepositoryOptions options;
  options.working_folder = "/nowhere";
  return schema::SchemaRepository::open(std::move(options));
}

std::string event(std::string_view event_type, std::string_view payload) {
  return fmt::format(
      R"({{"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"{}",)"
      R"("timestamp":"2026-01-02T03:04:05Z","version":"1.0.0","source":{{"host":"here",)"
      R"("type":"manual"}},"payload":{}}})",
      event_type, payload);
}

class EventValidatorTest : public testing::Test {
 protected:
  std::optional<Refusal> check(std::string_view routing_key, std::string_view body,
                               ValidationPolicy policy = ValidationPolicy::kStrict) {
    return validator_.check(policy, {"events", routing_key, body});
  }
  std::string reason(std::string_view routing_key, std::string_view body) {
    const auto refusal = check(routing_key, body);
    return refusal ? refusal->reason : "passed";
  }

  EventValidator validator_{catalogue};
};

TEST_F(EventValidatorTest, AValidEventPasses) {
  EXPECT_FALSE(check("llm.prompt", event("llm.prompt", R"({"prompt":"x","provider":"openai"})")));
}

TEST_F(EventValidatorTest, TellsWhatIsWrongWithThePayloadByItsPlaceInTheBody) {
  const auto refusal =
      check("llm.prompt", event("llm.prompt", R"({"prompt":5,"provider":"openai"})"));
  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->reason, HasSubstr("the payload is not valid for 'llm.prompt', by https:"));
  ASSERT_EQ(refusal->violations.size(), 1u);
  EXPECT_EQ(refusal->violations[0].pointer, "/payload/prompt");
  EXPECT_THAT(refusal->violations[0].expected, HasSubstr("a string"));
  EXPECT_EQ(refusal->violations[0].found, "5");
}

TEST_F(EventValidatorTest, TellsTheFirstFewViolationsOfAnEnvelope) {
  const auto refusal = check("llm.prompt", "{}");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "the body is not an event envelope");
  EXPECT_EQ(refusal->violations.size(), broker::MessageValidator::kViolationsMax);
  EXPECT_EQ(refusal->violations[0].found, "nothing");
}

TEST_F(EventValidatorTest, TellsWhereJsonEnds) {
  EXPECT_THAT(reason("llm.prompt", "{\n\"a\":}"),
              HasSubstr("the body is not JSON: line 2, column 5"));
}

TEST_F(EventValidatorTest, TheRoutingKeyIsTheEventType) {
  EXPECT_EQ(reason("llm\nerror", event("llm.prompt", "{}")),
            "the event type 'llm.prompt' is not the routing key 'llm?error'");
}

TEST_F(EventValidatorTest, WhatHasNoSchemaPassesWherePoliciesSaySo) {
  const std::string unknown = event("nobody.knows", "{}");
  EXPECT_FALSE(check("nobody.knows", unknown, ValidationPolicy::kPermissive));
  EXPECT_EQ(reason("nobody.knows", unknown), "there is no schema for 'nobody.knows'");
}

// Nobody knows what would pass.
TEST(EventValidatorWithoutSchemas, RefusesEveryEventAndTriesAgain) {
  int calls = 0;
  EventValidator validator([&]() -> Result<schema::SchemaRepository> {
    if (++calls < 3) return fail(ErrorCode::kNotFound, "gone");
    return catalogue();
  });
  EXPECT_FALSE(validator.open());
  const std::string unknown = event("nobody.knows", "{}");
  const broker::ValidatedMessage message{"events", "nobody.knows", unknown};
  const auto refusal = validator.check(ValidationPolicy::kPermissive, message);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "the schemas cannot be read: gone");
  EXPECT_FALSE(validator.check(ValidationPolicy::kPermissive, message));
  EXPECT_FALSE(validator.check(ValidationPolicy::kPermissive, message));
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace bb::server
