#include "event/cloud_event.h"

#include <gtest/gtest.h>

namespace bb::event {
namespace {

Envelope example() {
  Envelope envelope;
  envelope.event_id = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  envelope.event_type = "transcription.voice.completed";
  envelope.timestamp = *parse_rfc3339("2026-01-27T10:15:30.123Z");
  envelope.source.host = "studio 1/ö";
  envelope.source.type = SourceType::kAgent;
  envelope.source.app = "whisper/live";
  envelope.source.meta = R"({"gpu":true})";
  envelope.source.unknown_fields = {{"zone", "\"a\""}};
  envelope.correlation_ids = {*Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"),
                              *Uuid::parse("599c61a2-a885-5d16-a254-a85c490ebc81")};
  envelope.agent_context = R"({"type":"letta"})";
  envelope.payload = R"({"text":"Zürich ☕","n":1.50})";
  envelope.unknown_fields = {{"target", "\"tonny\""}, {"n", "1.0"}};
  return envelope;
}

TEST(CloudEvent, NothingIsLostOnTheWay) {
  const Envelope envelope = example();
  const std::string json = write_cloud_event(envelope);
  ASSERT_TRUE(check_json(json)) << json;
  ASSERT_TRUE(is_cloud_event(json)) << json;
  EXPECT_EQ(parse_cloud_event(json), envelope) << json;
  EXPECT_EQ(parse_any_envelope(json), envelope);
}

TEST(CloudEvent, HasTheAttributesOfTheSpecification) {
  Envelope envelope = example();
  envelope.source = Source{};
  envelope.source.host = "zeus";
  envelope.correlation_ids.resize(1);
  envelope.agent_context.reset();
  envelope.unknown_fields.clear();
  EXPECT_EQ(write_cloud_event(envelope),
            R"({"specversion":"1.0","id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639",)"
            R"("source":"//zeus","type":"transcription.voice.completed",)"
            R"("time":"2026-01-27T10:15:30.123Z","datacontenttype":"application/json",)"
            R"("causationid":"dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7",)"
            R"("data":{"text":"Zürich ☕","n":1.50}})");
}

// The example of the specification.
TEST(CloudEvent, ThatOfSomebodyElseBecomesAnEnvelope) {
  const std::string json = R"({
    "specversion" : "1.0", "type" : "com.github.pull_request.opened",
    "source" : "https://github.com/cloudevents/spec/pull", "subject" : "123",
    "id" : "A234-1234-1234", "time" : "2018-04-05T17:31:00Z",
    "comexampleextension1" : "value", "comexampleothervalue" : 5,
    "datacontenttype" : "text/xml", "data" : "<much wow=\"xml\"/>"})";
  const auto envelope = parse_any_envelope(json);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->event_type, "com.github.pull_request.opened");
  EXPECT_EQ(envelope->source.host, "https://github.com/cloudevents/spec/pull");
  EXPECT_EQ(envelope->timestamp, *parse_rfc3339("2018-04-05T17:31:00Z"));
  EXPECT_EQ(envelope->payload, R"({"data":"<much wow=\"xml\"/>"})");
  EXPECT_EQ(envelope->unknown_fields, (UnknownFields{{"cloudevents_id", "\"A234-1234-1234\""},
                                                     {"subject", "\"123\""},
                                                     {"comexampleextension1", "\"value\""},
                                                     {"comexampleothervalue", "5"}}));
  // The same event has the same id.
  EXPECT_EQ(parse_any_envelope(json)->event_id, envelope->event_id);
  EXPECT_EQ(envelope->event_id.version(), 5);
}

TEST(CloudEvent, TypesThatAreNoEventTypesAreMadeOnes) {
  const auto type_of = [](const std::string& type) {
    const auto envelope = envelope_of_cloud_event(
        {{"specversion", "1.0"}, {"id", "1"}, {"source", "s"}, {"type", type}}, "{}");
    return envelope ? envelope->event_type : "";
  };
  EXPECT_EQ(type_of("com.Example.Done"), "com.example.done");
  EXPECT_EQ(type_of("Done"), "cloudevents.done");
  EXPECT_EQ(type_of("a b.c"), "a-b.c");
}

TEST(CloudEvent, BytesAreInBase64) {
  const auto envelope = parse_any_envelope(
      R"({"specversion":"1.0","id":"1","source":"s","type":"a.b","data_base64":"/w=="})");
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->payload, R"({"data_base64":"/w=="})");
}

TEST(CloudEvent, AnEnvelopeIsNone) {
  EXPECT_FALSE(
      is_cloud_event(R"({"event_id":"x","specversion":"1.0","id":"1","source":"s","type":"t"})"));
  EXPECT_FALSE(is_cloud_event(R"({"specversion":"0.3","id":"1","source":"s","type":"t"})"));
  EXPECT_FALSE(is_cloud_event("[]"));
}

}  // namespace
}  // namespace bb::event
