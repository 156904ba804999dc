#include "broker/header_match.h"

#include <gtest/gtest.h>

#include <variant>

namespace bb::broker {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;

bool matches(const FieldTable& arguments, const FieldTable& headers) {
  const auto match = HeaderMatch::compile(arguments);
  EXPECT_TRUE(match) << match.error().message;
  return match && match->matches(headers);
}

const FieldValue kVoid{std::monostate{}};

TEST(HeaderMatch, AllAsksForEveryCondition) {
  const FieldTable arguments{{"x-match", "all"}, {"kind", "voice"}, {"level", std::int32_t{3}}};
  EXPECT_TRUE(matches(arguments, {{"kind", "voice"}, {"level", std::int32_t{3}}, {"more", true}}));
  EXPECT_FALSE(matches(arguments, {{"kind", "voice"}}));
  EXPECT_FALSE(matches(arguments, {{"kind", "voice"}, {"level", std::int32_t{4}}}));
}

TEST(HeaderMatch, AnyAsksForOneCondition) {
  const FieldTable arguments{{"x-match", "any"}, {"kind", "voice"}, {"level", std::int32_t{3}}};
  EXPECT_TRUE(matches(arguments, {{"kind", "voice"}}));
  EXPECT_TRUE(matches(arguments, {{"kind", "text"}, {"level", std::int32_t{3}}}));
  EXPECT_FALSE(matches(arguments, {{"kind", "text"}}));
  EXPECT_FALSE(matches(arguments, {}));
}

TEST(HeaderMatch, AllIsTheDefault) {
  EXPECT_TRUE(matches({{"a", "1"}, {"b", "2"}}, {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(matches({{"a", "1"}, {"b", "2"}}, {{"a", "1"}}));
}

TEST(HeaderMatch, WithoutConditionsAllMatchesAndAnyDoesNot) {
  EXPECT_TRUE(matches({}, {}));
  EXPECT_TRUE(matches({{"x-match", "all"}}, {{"a", "1"}}));
  EXPECT_FALSE(matches({{"x-match", "any"}}, {{"a", "1"}}));
}

TEST(HeaderMatch, NamesWithXAreConditionsOnlyWhereAskedFor) {
  struct Case {
    const char* kind;
    bool matches_without_x;
  };
  for (const Case& c : {Case{"all", true}, Case{"all-with-x", false}}) {
    const FieldTable arguments{{"x-match", c.kind}, {"a", "1"}, {"x-trace", "on"}};
    EXPECT_EQ(matches(arguments, {{"a", "1"}}), c.matches_without_x) << c.kind;
    EXPECT_TRUE(matches(arguments, {{"a", "1"}, {"x-trace", "on"}})) << c.kind;
  }
  for (const Case& c : {Case{"any", false}, Case{"any-with-x", true}}) {
    const FieldTable arguments{{"x-match", c.kind}, {"a", "1"}, {"x-trace", "on"}};
    EXPECT_EQ(matches(arguments, {{"x-trace", "on"}}), c.matches_without_x) << c.kind;
  }
}

TEST(HeaderMatch, AVoidConditionAsksForTheHeaderWithAnyValue) {
  EXPECT_TRUE(matches({{"kind", kVoid}}, {{"kind", "voice"}}));
  EXPECT_TRUE(matches({{"kind", kVoid}}, {{"kind", kVoid}}));
  EXPECT_FALSE(matches({{"kind", kVoid}}, {{"other", "voice"}}));
}

TEST(HeaderMatch, ValuesAreEqualAcrossIntegerTypesOnly) {
  EXPECT_TRUE(matches({{"n", std::int8_t{5}}}, {{"n", std::int64_t{5}}}));
  EXPECT_FALSE(matches({{"n", std::int8_t{5}}}, {{"n", 5.0}}));
  EXPECT_FALSE(matches({{"n", std::int8_t{5}}}, {{"n", "5"}}));
  EXPECT_FALSE(matches({{"n", "voice"}}, {{"n", "Voice"}}));
}

TEST(HeaderMatch, AnUnknownKindOfMatchIsRefused) {
  const auto unknown = HeaderMatch::compile({{"x-match", "some"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(unknown.error().message,
            "Invalid x-match field value <<\"some\">>; expected all, any, all-with-x, or "
            "any-with-x");

  const auto number = HeaderMatch::compile({{"x-match", std::int32_t{1}}});
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().code, ErrorCode::kPreconditionFailed);
}

}  // namespace
}  // namespace bb::broker
