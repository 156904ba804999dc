#include <gmock/gmock.h>

#include "bloodbank/envelope.h"
#include "event/envelope_text.h"

namespace bb {
namespace {

using event::EnvelopeText;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::string_view kParent = "599c61a2-a885-5d16-a254-a85c490ebc81";

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::vector<std::string> wrong_pointers(const EnvelopeText& text) {
  const auto parsed = parse_any_envelope(text.text());
  std::vector<std::string> pointers;
  if (!parsed) {
    for (const auto& error : parsed.error().structure) pointers.push_back(error.pointer);
  }
  return pointers;
}

Envelope read(const EnvelopeText& text) {
  auto parsed = parse_any_envelope(text.text());
  EXPECT_TRUE(parsed) << parsed.error().to_error().message;
  return parsed ? *std::move(parsed) : Envelope();
}

TEST(ParseAnyEnvelope, ReadsAnEnvelopeAsOne) {
  const std::string text = EnvelopeText().and_again("id", "1").and_again("data", "2").text();
  const auto parsed = parse_any_envelope(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, *parse_envelope(text));
}

TEST(ParseAnyEnvelope, ReadsTheLegacyShape) {
  const Envelope envelope = read(EnvelopeText::legacy());
  EXPECT_EQ(envelope.event_id.to_string(), "92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  EXPECT_EQ(envelope.event_type, "transcription.voice.completed");
  EXPECT_EQ(format_rfc3339(envelope.timestamp), "2026-01-27T10:15:30Z");
  EXPECT_EQ(envelope.version, kEnvelopeVersion);
  EXPECT_EQ(envelope.source.host, "unknown");
  EXPECT_EQ(envelope.source.type, SourceType::kManual);
  EXPECT_EQ(envelope.source.app, "whisperlivekit");
  EXPECT_EQ(envelope.payload, R"({"text":"hello"})");
  EXPECT_THAT(envelope.correlation_ids, IsEmpty());
  EXPECT_THAT(envelope.unknown_fields, IsEmpty());
}

TEST(ParseAnyEnvelope, ALegacyCorrelationIdThatIsAUuidIsTheParent) {
  const Envelope envelope = read(EnvelopeText::legacy().with("correlation_id", in_quotes(kParent)));
  EXPECT_THAT(envelope.correlation_ids, ElementsAre(*Uuid::parse(kParent)));
  EXPECT_THAT(envelope.unknown_fields, IsEmpty());
}

TEST(ParseAnyEnvelope, OtherLegacyFieldsAreKeptAsUnknown) {
  const Envelope envelope = read(EnvelopeText::legacy()
                                     .with("target", R"("tonny")")
                                     .with("correlation_id", R"("call-7")")
                                     .with("session_id", "null")
                                     .with("extra", "[1.10]"));
  EXPECT_THAT(envelope.correlation_ids, IsEmpty());
  EXPECT_THAT(envelope.unknown_fields,
              ElementsAre(Pair("target", R"("tonny")"), Pair("correlation_id", R"("call-7")"),
                          Pair("session_id", "null"), Pair("extra", "[1.10]")));
}

TEST(ParseAnyEnvelope, NewerFieldsOfALegacyDocumentMeanWhatTheyMeanInAnEnvelope) {
  const Envelope envelope = read(EnvelopeText::legacy()
                                     .with("version", R"("0.9")")
                                     .with("correlation_id", in_quotes(kParent))
                                     .with("correlation_ids", "[" + in_quotes(kParent) + "]"));
  EXPECT_EQ(envelope.version, "0.9");
  EXPECT_THAT(envelope.correlation_ids, ElementsAre(*Uuid::parse(kParent)));
}

TEST(ParseAnyEnvelope, WhatItReadsCanBePassedOnAsAnEnvelope) {
  const Envelope envelope = read(EnvelopeText::legacy()
                                     .with("target", R"("tonny")")
                                     .with("correlation_id", in_quotes(kParent)));
  EXPECT_THAT(check_envelope(envelope), IsEmpty());
  EXPECT_EQ(parse_envelope(serialize(envelope)).value(), envelope);
}

TEST(ParseAnyEnvelope, ReportsLegacyErrorsAtTheNamesThatTheDocumentHas) {
  EXPECT_THAT(wrong_pointers(EnvelopeText::legacy().with("id", "7").with("ts", "7")),
              ElementsAre("/id", "/ts"));
  EXPECT_THAT(wrong_pointers(EnvelopeText::legacy().with("source", "{}").with("data", "[]")),
              ElementsAre("/source", "/data"));
  EXPECT_THAT(wrong_pointers(EnvelopeText::legacy()
                                 .without("id")
                                 .without("ts")
                                 .without("event_type")
                                 .without("source")),
              ElementsAre("/id", "/event_type", "/ts", "/source"));
  EXPECT_THAT(wrong_pointers(EnvelopeText::legacy()
                                 .and_again("correlation_id", in_quotes(kParent))
                                 .and_again("correlation_id", in_quotes(kParent))),
              ElementsAre("/correlation_id"));
}

TEST(ParseAnyEnvelope, ABrokenEnvelopeIsNotTakenForALegacyOne) {
  EXPECT_THAT(wrong_pointers(EnvelopeText().without("event_id").and_again("id", "7")),
              ElementsAre("/event_id"));
  EXPECT_THAT(wrong_pointers(EnvelopeText().without("payload").and_again("data", "{}")),
              ElementsAre("/payload"));
}

}  // namespace
}  // namespace bb
