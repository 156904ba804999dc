#include "cli/planned_event.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

const Uuid kId = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
const Uuid kParent = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
const Uuid kSecondParent = *Uuid::parse("599c61a2-a885-5d16-a254-a85c490ebc81");

Envelope envelope_caused_by(std::vector<Uuid> parents) {
  Envelope envelope;
  envelope.event_id = kId;
  envelope.event_type = "transcription.voice.completed";
  envelope.correlation_ids = std::move(parents);
  return envelope;
}

TEST(EventMessage, IsAsTheWireContractHasIt) {
  const PlannedEvent event = plan_event(envelope_caused_by({kParent, kSecondParent}), "{\"x\":1}");
  const client::OutgoingMessage message = to_message(event, "bloodbank.events.v1");
  EXPECT_EQ(message.exchange, "bloodbank.events.v1");
  EXPECT_EQ(message.routing_key, "transcription.voice.completed");
  EXPECT_EQ(message.body, "{\"x\":1}");
  EXPECT_TRUE(message.mandatory);
  const amqp::BasicProperties& properties = message.properties;
  EXPECT_EQ(properties.content_type, "application/json");
  EXPECT_EQ(properties.content_encoding, "utf-8");
  EXPECT_EQ(properties.delivery_mode, 2);
  EXPECT_EQ(properties.message_id, "92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  EXPECT_EQ(properties.correlation_id, "dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
}

TEST(EventMessage, HasOnlyThePropertiesOfTheContract) {
  const PlannedEvent event = plan_event(envelope_caused_by({}), "{}");
  const amqp::BasicProperties properties = to_message(event, "x").properties;
  EXPECT_EQ(properties.correlation_id, std::nullopt);
  EXPECT_FALSE(properties.headers);
  EXPECT_EQ(properties.priority, std::nullopt);
  EXPECT_EQ(properties.reply_to, std::nullopt);
  EXPECT_EQ(properties.expiration, std::nullopt);
  EXPECT_EQ(properties.timestamp, std::nullopt);
  EXPECT_EQ(properties.type, std::nullopt);
  EXPECT_EQ(properties.user_id, std::nullopt);
  EXPECT_EQ(properties.app_id, std::nullopt);
  EXPECT_EQ(properties.cluster_id, std::nullopt);
}

}  // namespace
}  // namespace bb::cli
