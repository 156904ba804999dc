#include "cli/json_value.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

std::string again(std::string_view text, std::size_t indent = 0) {
  const auto value = parse_json_value(text);
  return value ? write_json(*value, indent) : value.error().message;
}

TEST(JsonValue, ComesBackAsItWas) {
  for (const std::string_view text :
       {R"({"b":[1,-2,18446744073709551615,0.5,1.0,true,null],"a":{"x":"y"},"e":{},"f":[]})",
        R"("line\u000aand \"quote\"")", "[]", "9223372036854775807", "1e+300"}) {
    EXPECT_EQ(again(text), text);
  }
  EXPECT_EQ(again(R"({"a":[1,{"b":2}],"c":{}})", 2),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {}\n}");
}

TEST(JsonValue, NothingDrivesTheTerminal) {
  EXPECT_EQ(again("\"\xc2\x9b\xe2\x80\xae\xff\""), "\"\\u009b\\u202e\xef\xbf\xbd\"");
}

TEST(JsonValue, SaysWhereItIsNoJson) {
  EXPECT_THAT(again("{\n\"a\":\n}"), testing::StartsWith("line 3: "));
  EXPECT_THAT(again("[1] 2"), testing::HasSubstr("follows"));
  EXPECT_THAT(again("[1"), testing::HasSubstr("ends before"));
  EXPECT_THAT(again(""), testing::HasSubstr("ends before"));
  EXPECT_EQ(parse_json_value(std::string(100000, '[')).error().code, ErrorCode::kInvalidJson);
}

TEST(JsonValue, MembersByPath) {
  const auto value = parse_json_value(R"({"a":{"b":"text","n":7,"d":1.5},"z":null})");
  ASSERT_TRUE(value);
  const auto& object = value->as_object();
  EXPECT_EQ(text_at(object, "a.b"), "text");
  EXPECT_EQ(text_at(object, "a.n"), "7");
  EXPECT_EQ(text_at(object, "a"), R"({"b":"text","n":7,"d":1.5})");
  EXPECT_EQ(text_at(object, "z"), "");
  EXPECT_EQ(text_at(object, "a.b.c"), "");
  EXPECT_EQ(text_at(object, "nothing"), "");
  EXPECT_EQ(number_at(object, "a.n"), 7);
  EXPECT_EQ(number_at(object, "a.d"), 0);
  EXPECT_EQ(number_at(object, "a.b"), 0);
}

}  // namespace
}  // namespace bb::cli
