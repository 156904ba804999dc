#include "schema/routing_key_template.h"

#include <gmock/gmock.h>

namespace bb::schema {
namespace {

using testing::HasSubstr;

TEST(RoutingKeyTemplate, IsToldFromAnEventTypeByItsBraces) {
  EXPECT_TRUE(is_template("artifact.{action}"));
  EXPECT_TRUE(is_template("artifact.action}"));
  EXPECT_FALSE(is_template("artifact.action"));
}

TEST(RoutingKeyTemplate, HasFieldsInBraces) {
  for (const char* const good : {"artifact.{action}", "{a}.{b}", "a.x{b}y", "a.{b}{c}"}) {
    EXPECT_TRUE(check_template(good)) << good;
  }
  for (const char* const bad : {"artifact.{action", "artifact.action}", "artifact.{}", "a.{{b}}",
                                "A.{b}", "{a}", "a..{b}", "a.}b{"}) {
    const auto checked = check_template(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage) << bad;
  }
}

TEST(RoutingKeyTemplate, IsFilledFromTopLevelStrings) {
  EXPECT_EQ(fill_template("artifact.{action}", R"({"n":1,"action":"created"})"),
            "artifact.created");
  EXPECT_EQ(fill_template("{a}.{b}.{a}", R"({"a":"x","b":"y"})"), "x.y.x");
  // Escapes mean what they stand for, in names and values.
  EXPECT_EQ(fill_template("a.{b}", R"({"\u0062":"\u0063"})"), "a.c");
  // A value may bring dots of its own.
  EXPECT_EQ(fill_template("a.{b}", R"({"b":"c.d"})"), "a.c.d");
  EXPECT_EQ(fill_template("a.{b}", R"({"b":"c","b":"d"})"), "a.d");
}

void expect_refused(std::string_view payload, std::string_view words) {
  const auto filled = fill_template("artifact.{action}", payload);
  ASSERT_FALSE(filled) << payload;
  EXPECT_EQ(filled.error().code, ErrorCode::kInvalidPayload);
  EXPECT_THAT(filled.error().message, HasSubstr(std::string(words)));
}

TEST(RoutingKeyTemplate, SaysWhatIsMissing) {
  expect_refused("{}", "no field \"action\"");
  expect_refused(R"({"deep":{"action":"x"}})", "no field \"action\"");
  expect_refused(R"({"action":7})", "\"action\" is 7, not a string");
  expect_refused(R"({"action":null})", "is null, not a string");
  expect_refused(R"({"action":"Two Words"})", "'artifact.Two Words'");
  expect_refused(R"({"action":""})", "not an event type");
  expect_refused(R"({"action":"#"})", "not an event type");
}

TEST(RoutingKeyTemplate, ThePayloadRepeatsTheEventType) {
  EXPECT_TRUE(
      check_routing_key("artifact.{action}", "artifact.created", R"({"action":"created"})"));
  EXPECT_TRUE(check_routing_key("llm.prompt", "llm.prompt", "{}"));
  const auto differs =
      check_routing_key("artifact.{action}", "artifact.created", R"({"action":"deleted"})");
  ASSERT_FALSE(differs);
  EXPECT_EQ(
      differs.error().message,
      "the payload is that of 'artifact.deleted' (its schema says 'artifact.{action}'), not of "
      "'artifact.created'");
}

}  // namespace
}  // namespace bb::schema
