#include "client/cloud_message.h"

#include <gtest/gtest.h>

#include "event/cloud_event.h"

namespace bb::client {
namespace {

Envelope example() {
  Envelope envelope;
  envelope.event_id = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  envelope.event_type = "github.pr.created";
  envelope.timestamp = *parse_rfc3339("2026-01-27T10:15:30.123Z");
  envelope.source.host = "zeus";
  envelope.payload = R"({"n":1.50})";
  return envelope;
}

std::optional<std::string> read(const amqp::FieldTable& table, std::string_view body) {
  const std::string encoded = amqp::encode_table_content(table);
  amqp::BasicProperties properties;
  properties.headers = as_bytes(encoded);
  return envelope_of_binary(properties, body);
}

TEST(CloudMessage, BinaryModeComesBackAsItWas) {
  const Envelope envelope = example();
  const auto text = read(cloud_event_headers(envelope), envelope.payload);
  ASSERT_TRUE(text);
  EXPECT_EQ(parse_envelope(*text), envelope);
}

TEST(CloudMessage, HeadersMayHaveColonsAndTypes) {
  amqp::FieldTable headers;
  headers.append("cloudEvents:specversion", "1.0");
  headers.append("cloudEvents:id", "7");
  headers.append("cloudEvents:type", "com.example.done");
  headers.append("cloudEvents:source", "/mill");
  headers.append("cloudEvents:time", amqp::FieldTimestamp{1'700'000'000});
  headers.append("cloudEvents:attempt", amqp::FieldValue(std::int32_t{3}));
  headers.append("other", "x");
  const auto text = read(headers, "[1]");
  ASSERT_TRUE(text);
  const auto envelope = parse_envelope(*text);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->event_type, "com.example.done");
  EXPECT_EQ(envelope->timestamp, Timestamp(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(envelope->payload, R"({"data":[1]})");
  EXPECT_EQ(envelope->unknown_fields,
            (UnknownFields{{"cloudevents_id", "\"7\""}, {"attempt", "\"3\""}}));
}

TEST(CloudMessage, WhatWasReadIsAnOrdinaryMessage) {
  const Envelope envelope = example();
  amqp::FieldTable headers = cloud_event_headers(envelope);
  headers.append("traceparent", "x");
  const std::string encoded = amqp::encode_table_content(headers);
  amqp::BasicProperties properties;
  properties.headers = as_bytes(encoded);
  properties.message_id = "an id";
  Buffer out;
  amqp::encode_properties(out, properties);
  Delivery delivery;
  delivery.encoded_properties = std::string(as_text(out.view()));
  delivery.body = envelope.payload;
  read_cloud_event(delivery);
  EXPECT_EQ(parse_envelope(delivery.body), envelope);
  const auto read = delivery.properties();
  EXPECT_EQ(read.message_id, "an id");
  EXPECT_EQ(read.content_type, "application/json");
  EXPECT_EQ(*amqp::decode_table(*read.headers), (amqp::FieldTable{{"traceparent", "x"}}));
  const std::string body = delivery.body;
  read_cloud_event(delivery);
  EXPECT_EQ(delivery.body, body);
}

TEST(CloudMessage, OtherMessagesAreLeftAlone) {
  amqp::FieldTable headers;
  EXPECT_FALSE(read(headers, "{}"));
  headers.append("cloudEvents_id", "x");
  EXPECT_FALSE(read(headers, "{}"));
}

}  // namespace
}  // namespace bb::client
