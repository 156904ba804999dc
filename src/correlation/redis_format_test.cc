#include "correlation/redis_format.h"

#include <gtest/gtest.h>

#include "correlation/test_names.h"

namespace bb::correlation {
namespace {

const Uuid kChild = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
const Uuid kFirst = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
const Uuid kSecond = *Uuid::parse("599c61a2-a885-5d16-a254-a85c490ebc81");

std::optional<Link> read_forward_value(const Uuid& child, std::string_view json) {
  ForwardValueReader reader;
  return reader.read(child, json);
}

TEST(RedisFormat, KeysAreThoseOfTheWireContract) {
  EXPECT_EQ(forward_key(kChild),
            "bloodbank:correlation:forward:92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  EXPECT_EQ(reverse_key(kFirst),
            "bloodbank:correlation:reverse:dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
}

TEST(RedisFormat, TheValueIsThatOfTheWireContract) {
  const Link link(kChild, {kFirst, kSecond}, *parse_rfc3339("2026-01-27T10:15:30.000042Z"));
  EXPECT_EQ(write_forward_value(link),
            R"({"parent_event_ids":["dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7",)"
            R"("599c61a2-a885-5d16-a254-a85c490ebc81"],)"
            R"("created_at":"2026-01-27T10:15:30.000042+00:00","metadata":{}})");
  EXPECT_EQ(read_forward_value(kChild, write_forward_value(link)), link);
}

TEST(RedisFormat, MetadataPassesThrough) {
  Link link(kChild, {kFirst}, *parse_rfc3339("1999-12-31T23:59:59.999999Z"));
  link.metadata = R"({"reason":"Zürich ☕","n":1.50})";
  EXPECT_EQ(read_forward_value(kChild, write_forward_value(link)), link);
}

// json.dumps() of Python, and datetime.utcnow().isoformat().
TEST(RedisFormat, ReadsWhatPythonServicesWrite) {
  const auto link = read_forward_value(
      kChild, R"({"parent_event_ids": ["dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"], )"
              R"("created_at": "2026-01-27T10:15:30.123456", "metadata": {"k": "v"}})");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->parents, std::vector{kFirst});
  EXPECT_EQ(link->created_at, *parse_rfc3339("2026-01-27T10:15:30.123456Z"));
  EXPECT_EQ(link->metadata, R"({"k": "v"})");
  for (const char* const time : {"2026-01-27T10:15:30", "2026-01-27 12:15:30+02:00",
                                 "2026-01-27T10:15:30Z", "2026-01-27T10:15:30.000+00:00"}) {
    const auto other = read_forward_value(
        kChild, std::string(R"({"parent_event_ids":[],"created_at":")") + time + "\"}");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->created_at, *parse_rfc3339("2026-01-27T10:15:30Z")) << time;
  }
}

TEST(RedisFormat, ReadsPythonsNumbersThatAreNoJson) {
  const auto link = read_forward_value(
      kChild, R"({"parent_event_ids": ["dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"], )"
              R"("metadata": {"a": NaN, "b": [-Infinity, Infinity], "NaN": "NaN \"NaN"}})");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->parents, std::vector{kFirst});
  EXPECT_EQ(link->metadata, R"({"a": null, "b": [null, null], "NaN": "NaN \"NaN"})");
}

TEST(RedisFormat, WhatIsNoIdIsLeftOut) {
  const auto link = read_forward_value(
      kChild, R"({"parent_event_ids":[1,"x","dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7",)"
              R"("DCBF406D-AAAE-5A9A-8B36-38BB4F5AC1E7",null],"metadata":null,"other":{}})");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->parents, std::vector{kFirst});
  EXPECT_EQ(link->metadata, "{}");
}

TEST(RedisFormat, WhatIsNoObjectIsNoLink) {
  for (const char* const text : {"", "x", "[]", "null", "{", "{}x"}) {
    EXPECT_FALSE(read_forward_value(kChild, text)) << text;
  }
}

}  // namespace
}  // namespace bb::correlation
