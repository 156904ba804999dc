#include "server/history_batch.h"

#include <gtest/gtest.h>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "base/bytes.h"
#include "client/cloud_message.h"

namespace bb::server {
namespace {

const Uuid kEvent = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
const Uuid kParent = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");

std::string properties_with(const amqp::FieldTable& headers) {
  const std::string encoded = amqp::encode_table_content(headers);
  amqp::BasicProperties properties;
  properties.headers = as_bytes(encoded);
  Buffer out;
  amqp::encode_properties(out, properties);
  return std::string(as_text(out.view()));
}

Envelope event() {
  Envelope envelope;
  envelope.event_id = kEvent;
  envelope.event_type = "test.event.ran";
  envelope.source.host = "h";
  envelope.correlation_ids = {kParent};
  // A payload that looks like an event of the legacy shape.
  envelope.payload = R"({"id":"599c61a2-a885-5d16-a254-a85c490ebc81"})";
  return envelope;
}

class HistoryBatchTest : public testing::Test {
 protected:
  HistoryBatch batch;
  correlation::EventReader reader;
};

TEST_F(HistoryBatchTest, HasAPlaceForEachEventAndALinkForThoseThatWereCaused) {
  Envelope cause = event();
  cause.event_id = kParent;
  cause.correlation_ids.clear();
  batch.add(10, 1'700'000'000'123, "", serialize(cause));
  batch.add(11, 1'700'000'000'456, "", serialize(event()));
  const auto contents = batch.read(reader);
  ASSERT_EQ(contents.places.size(), 2U);
  EXPECT_EQ(contents.places[0].event, kParent);
  EXPECT_EQ(contents.places[0].offset, 10U);
  EXPECT_EQ(contents.places[1].offset, 11U);
  ASSERT_EQ(contents.links.size(), 1U);
  EXPECT_EQ(contents.links[0].child, kEvent);
  EXPECT_EQ(contents.links[0].parents, std::vector{kParent});
  EXPECT_EQ(contents.links[0].created_at, Timestamp(std::chrono::milliseconds(1'700'000'000'456)));
}

TEST_F(HistoryBatchTest, OfACloudEventTheHeadersCount) {
  const Envelope envelope = event();
  batch.add(7, 0, properties_with(client::cloud_event_headers(envelope)), envelope.payload);
  const auto contents = batch.read(reader);
  ASSERT_EQ(contents.links.size(), 1U);
  EXPECT_EQ(contents.links[0].child, kEvent);
  EXPECT_EQ(contents.links[0].parents, std::vector{kParent});
}

TEST_F(HistoryBatchTest, MessagesThatAreNoEventsAreLeftOut) {
  batch.add(1, 0, "", "");
  batch.add(2, 0, "\xff", "not json");
  batch.add(3, 0, "", serialize(event()));
  const auto contents = batch.read(reader);
  ASSERT_EQ(contents.places.size(), 1U);
  EXPECT_EQ(contents.places[0].offset, 3U);
}

TEST_F(HistoryBatchTest, WhatHasTheIdOfAnEventAndIsNoneHasNoPlace) {
  batch.add(1, 0, "", serialize(event()));
  batch.add(2, 0, "", R"({"id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639"})");
  batch.add(3, 0, "", R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639"})");
  const auto contents = batch.read(reader);
  ASSERT_EQ(contents.places.size(), 1U);
  EXPECT_EQ(contents.places[0].offset, 1U);
}

}  // namespace
}  // namespace bb::server
