#include <gmock/gmock.h>

#include "bloodbank/envelope.h"
#include "event/envelope_text.h"

namespace bb {
namespace {

using event::EnvelopeText;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr std::string_view kParent = "599c61a2-a885-5d16-a254-a85c490ebc81";

std::vector<std::string> errors_of(const std::expected<Envelope, EnvelopeError>& parsed) {
  if (parsed) return {};
  if (const auto& json = parsed.error().json) return {json->reason};
  return event::lines_of(parsed.error().structure);
}

std::vector<std::string> errors_of(const EnvelopeText& text) {
  return errors_of(parse_envelope(text.text()));
}

Envelope read(const EnvelopeText& text) {
  auto parsed = parse_envelope(text.text());
  EXPECT_THAT(errors_of(parsed), IsEmpty());
  return parsed ? *std::move(parsed) : Envelope();
}

TEST(ParseEnvelope, ReadsTheSmallestOne) {
  const Envelope envelope = read(EnvelopeText());
  EXPECT_EQ(envelope.event_id.to_string(), "92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
  EXPECT_EQ(envelope.event_type, "transcription.voice.completed");
  EXPECT_EQ(format_rfc3339(envelope.timestamp), "2026-01-27T10:15:30Z");
  EXPECT_EQ(envelope.version, "1.0.0");
  EXPECT_EQ(envelope.source.host, "studio");
  EXPECT_EQ(envelope.source.type, SourceType::kAgent);
  EXPECT_EQ(envelope.source.app, std::nullopt);
  EXPECT_EQ(envelope.source.meta, std::nullopt);
  EXPECT_THAT(envelope.correlation_ids, IsEmpty());
  EXPECT_EQ(envelope.agent_context, std::nullopt);
  EXPECT_EQ(envelope.payload, R"({"text":"hello"})");
  EXPECT_THAT(envelope.unknown_fields, IsEmpty());
}

TEST(ParseEnvelope, ReadsEveryField) {
  const Envelope envelope =
      read(EnvelopeText()
               .with("source",
                     R"({"app":"bb","meta":{"pid": 1.10},"type":"file_watch","host":"Zürich"})")
               .with("correlation_ids", "[\"" + std::string(kParent) + "\"]")
               .with("agent_context", R"({"type":"claude-code","name":"Tonny"})"));
  EXPECT_EQ(envelope.source.host, "Zürich");
  EXPECT_EQ(envelope.source.type, SourceType::kFileWatch);
  EXPECT_EQ(envelope.source.app, "bb");
  EXPECT_EQ(envelope.source.meta, R"({"pid": 1.10})");
  EXPECT_THAT(envelope.correlation_ids, ElementsAre(*Uuid::parse(kParent)));
  EXPECT_EQ(envelope.agent_context, R"({"type":"claude-code","name":"Tonny"})");
}

TEST(ParseEnvelope, NullMeansAbsentWhereItMay) {
  const Envelope envelope =
      read(EnvelopeText()
               .with("source", R"({"host":"h","type":"hook","app":null,"meta":null})")
               .with("agent_context", "null"));
  EXPECT_EQ(envelope.source.app, std::nullopt);
  EXPECT_EQ(envelope.source.meta, std::nullopt);
  EXPECT_EQ(envelope.agent_context, std::nullopt);
}

TEST(ParseEnvelope, KeepsThePayloadByteForByte) {
  const std::string payload =
      "{ \"amount\": 1.10, \"big\": 1e400,\n\t\"digits\": 1234567890123456789012345678901234567890,"
      " \"z\": 1, \"a\": 2, \"z\": 3, \"half\": \"\\ud800\", \"esc\": \"\\u0041\\/\" }";
  EXPECT_EQ(read(EnvelopeText().with("payload", payload)).payload, payload);
}

TEST(ParseEnvelope, KeepsUnknownFieldsInOrder) {
  const Envelope envelope = read(EnvelopeText()
                                     .and_again("zone", "1.10")
                                     .and_again(R"(\u0061/b)", R"([1, 2])")
                                     .and_again("id", "null"));
  EXPECT_THAT(envelope.unknown_fields,
              ElementsAre(Pair("zone", "1.10"), Pair(R"(\u0061/b)", "[1, 2]"), Pair("id", "null")));
}

TEST(ParseEnvelope, KeepsUnknownFieldsOfTheSource) {
  const Envelope envelope =
      read(EnvelopeText().with("source", R"({"host":"h","pod":"a-1","type":"hook"})"));
  EXPECT_THAT(envelope.source.unknown_fields, ElementsAre(Pair("pod", R"("a-1")")));
}

TEST(ParseEnvelope, ReadsEscapedNamesAndValues) {
  std::string text = EnvelopeText().with("event_type", R"("\u006clm.prompt")").text();
  text.replace(text.find("\"event_id\""), 10, R"("event\u005Fid")");
  const auto parsed = parse_envelope(text);
  ASSERT_THAT(errors_of(parsed), IsEmpty());
  EXPECT_EQ(parsed->event_type, "llm.prompt");
  EXPECT_EQ(parsed->event_id.to_string(), "92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
}

TEST(ParseEnvelope, ReadsAnyOffsetOfTime) {
  const Envelope envelope =
      read(EnvelopeText().with("timestamp", R"("2026-01-27T11:15:30.5+01:00")"));
  EXPECT_EQ(format_rfc3339(envelope.timestamp), "2026-01-27T10:15:30.500Z");
}

TEST(ParseEnvelope, SaysWhereATextIsNotJson) {
  const auto parsed = parse_envelope("{\n \"event_id\": 1,\n}");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().structure, IsEmpty());
  const JsonError error = parsed.error().json.value_or(JsonError());
  EXPECT_EQ(error.line, 2U);
  EXPECT_EQ(error.column, 15U);
}

TEST(ParseEnvelope, WantsAnObject) {
  EXPECT_THAT(errors_of(parse_envelope("[]")), ElementsAre(": an object, not []"));
  EXPECT_THAT(errors_of(parse_envelope(" \"text\" ")), ElementsAre(": an object, not \"text\""));
}

TEST(ParseEnvelope, ReportsEveryMissingFieldAtOnce) {
  const auto parsed = parse_envelope("{}");
  ASSERT_FALSE(parsed);
  std::vector<std::string> pointers;
  for (const auto& error : parsed.error().structure) {
    pointers.push_back(error.pointer);
    EXPECT_EQ(error.found, "nothing");
  }
  EXPECT_THAT(pointers, ElementsAre("/event_id", "/event_type", "/timestamp", "/version", "/source",
                                    "/payload"));
}

TEST(ParseEnvelope, ReportsEveryWrongFieldAtOnce) {
  const std::string text = R"({
    "event_id": "nope", "event_type": "LLM", "timestamp": "yesterday", "version": 1,
    "source": {"type": "robot", "app": 3, "meta": []},
    "correlation_ids": ["599c61a2-a885-5d16-a254-a85c490ebc81", 7, "x"],
    "agent_context": {"type": "hal"}, "payload": [1, 2]})";
  EXPECT_THAT(
      errors_of(parse_envelope(text)),
      ElementsAre(
          "/event_id: a UUID, not \"nope\"",
          "/event_type: two or more words of a-z, 0-9, '_' and '-' joined by dots, at most 255 "
          "bytes, such as session.thread.start, not \"LLM\"",
          "/timestamp: an RFC 3339 time such as 2026-01-27T10:15:30Z, not \"yesterday\"",
          "/version: a string, not 1",
          "/source/type: one of manual, agent, scheduled, file_watch, hook, not \"robot\"",
          "/source/app: a string or null, not 3", "/source/meta: an object or null, not []",
          "/source/host: a string, not nothing", "/correlation_ids/1: a UUID, not 7",
          "/correlation_ids/2: a UUID, not \"x\"",
          "/agent_context/type: one of claude-code, claude-chat, gemini-cli, gemini-code, letta, "
          "agno, smolagent, atomic-agent, custom, not \"hal\"",
          "/payload: an object, not [1,2]"));
}

struct WrongField {
  std::string_view name;
  std::string_view json;
  std::string_view error;
};

TEST(ParseEnvelope, RefusesWrongKinds) {
  const WrongField cases[] = {
      {"event_id", "null", "/event_id: a UUID, not null"},
      {"event_id", "7", "/event_id: a UUID, not 7"},
      {"timestamp", "1769508930",
       "/timestamp: an RFC 3339 time such as 2026-01-27T10:15:30Z, not "
       "1769508930"},
      {"version", "null", "/version: a string, not null"},
      {"version", R"("\udc00")",
       R"(/version: a string without half a surrogate pair, not "\udc00")"},
      {"source", R"("studio")", "/source: an object, not \"studio\""},
      {"source", R"({"host":null,"type":"hook"})", "/source/host: a string, not null"},
      {"source", R"({"host":"h"})",
       "/source/type: one of manual, agent, scheduled, file_watch, hook, not nothing"},
      {"source", R"({"host":"h","type":"Agent"})",
       "/source/type: one of manual, agent, scheduled, file_watch, hook, not \"Agent\""},
      {"source", R"({"host":"h","type":null})",
       "/source/type: one of manual, agent, scheduled, file_watch, hook, not null"},
      {"correlation_ids", "null", "/correlation_ids: an array of UUIDs, not null"},
      {"correlation_ids", "{}", "/correlation_ids: an array of UUIDs, not {}"},
      {"agent_context", "[]", "/agent_context: an object or null, not []"},
      {"payload", "null", "/payload: an object, not null"},
      {"payload", "\"text\"", "/payload: an object, not \"text\""},
  };
  for (const auto& [name, json, error] : cases) {
    EXPECT_THAT(errors_of(EnvelopeText().with(name, json)), ElementsAre(error));
  }
}

TEST(ParseEnvelope, RefusesAFieldGivenTwice) {
  EXPECT_THAT(errors_of(EnvelopeText().and_again("payload", "{}")),
              ElementsAre("/payload: each field once, not it again"));
  EXPECT_THAT(errors_of(EnvelopeText().and_again(R"(p\u0061yload)", "{}")),
              ElementsAre("/payload: each field once, not it again"));
  EXPECT_THAT(errors_of(EnvelopeText().and_again("a/b", "1").and_again("a/b", "1")),
              ElementsAre("/a~1b: each field once, not it again"));
  EXPECT_THAT(errors_of(EnvelopeText().with("source", R"({"host":"a","type":"hook","host":"b"})")),
              ElementsAre("/source/host: each field once, not it again"));
}

TEST(ParseEnvelope, BoundsTheListOfErrors) {
  std::string ids = "[0";
  for (int i = 0; i < 5000; ++i) ids += ",0";
  EXPECT_THAT(errors_of(EnvelopeText().with("correlation_ids", ids + "]")),
              SizeIs(kStructuralErrorsMax + 1));
}

TEST(ParseEnvelope, DoesNotReadTheLegacyShape) {
  EXPECT_THAT(errors_of(EnvelopeText::legacy()), testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace bb
