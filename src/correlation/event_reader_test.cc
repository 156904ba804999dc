#include "correlation/event_reader.h"

#include <gtest/gtest.h>

#include "event/cloud_event.h"

#include <string>

namespace bb::correlation {
namespace {

const Uuid kEvent = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
const Uuid kFirst = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
const Uuid kSecond = *Uuid::parse("599c61a2-a885-5d16-a254-a85c490ebc81");

TEST(EventReader, ReadsAnEnvelopeWhateverTheOrderOfItsFields) {
  EventReader reader;
  const auto seen = reader.read(
      R"({"payload":{"event_id":"x","correlation_ids":["y"],"deep":[[{}]]},)"
      R"("correlation_ids":["dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7",)"
      R"("599c61a2-a885-5d16-a254-a85c490ebc81","DCBF406D-AAAE-5A9A-8B36-38BB4F5AC1E7"],)"
      R"("event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639"})");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, kEvent);
  EXPECT_EQ(seen->parents, (std::vector{kFirst, kSecond}));
}

TEST(EventReader, ReadsAnEnvelopeThatNothingCaused) {
  EventReader reader;
  const auto seen = reader.read(
      R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","correlation_ids":[],"payload":{}})");
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->parents.empty());
}

TEST(EventReader, ReadsTheLegacyShape) {
  EventReader reader;
  const auto seen = reader.read(
      R"({"id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","ts":"2026-01-27T10:15:30Z","data":{},)"
      R"("correlation_id":"dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"})");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, kEvent);
  EXPECT_EQ(seen->parents, std::vector{kFirst});
}

TEST(EventReader, ReadsCloudEvents) {
  EventReader reader;
  const auto seen = reader.read(
      R"({"specversion":"1.0","id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639",)"
      R"("causationid":"dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7","causationids":)"
      R"("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7,599c61a2-a885-5d16-a254-a85c490ebc81"})");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->parents, (std::vector{kFirst, kSecond}));
}

TEST(EventReader, WhatSaysNoIdIsNoEvent) {
  EventReader reader;
  for (const char* const text :
       {"", "x", "[]", "{}", "null", R"({"event_id":1})", R"({"id":"not one"})",
        R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639")"}) {
    EXPECT_FALSE(reader.read(text)) << text;
  }
}

TEST(EventReader, GivesACloudEventWithAnotherIdTheIdOfItsEnvelope) {
  const std::string_view body =
      R"({"specversion":"1.0","id":"ORDER-1","type":"shop.order.placed","source":"//shop/till",)"
      R"("causationid":"dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7","data":{}})";
  EventReader reader;
  const auto seen = reader.read(body);
  const auto envelope = event::parse_cloud_event(body);
  ASSERT_TRUE(seen && envelope);
  EXPECT_EQ(seen->id, envelope->event_id);
  EXPECT_EQ(seen->parents, envelope->correlation_ids);
  EXPECT_EQ(seen->parents.size(), 1U);
  EXPECT_FALSE(reader.read(R"({"specversion":"1.0","id":"ORDER-1"})"));
}

TEST(EventReader, TakesTheFirstOfVeryManyCauses) {
  std::string body = R"({"event_id":"dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7","correlation_ids":[)";
  for (int i = 0; i < 100'000; ++i) body += "\"" + Uuid::v4().to_string() + "\",";
  body.back() = ']';
  EventReader reader;
  const auto seen = reader.read(body + "}");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->parents.size(), kParentsMax);
}

}  // namespace
}  // namespace bb::correlation
