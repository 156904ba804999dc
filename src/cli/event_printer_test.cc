#include "cli/event_printer.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>

namespace bb::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kEnvelope =
    R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"a.b",)"
    R"("timestamp":"2026-01-27T10:15:30.25Z","version":"1.0.0",)"
    R"("source":{"host":"kitchen","type":"manual","app":null,"meta":null},)"
    R"("correlation_ids":[],"agent_context":null,"payload":{ "n": 1.10, "big": 1e400 }})";
constexpr std::string_view kMinified =
    R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"a.b",)"
    R"("timestamp":"2026-01-27T10:15:30.25Z","version":"1.0.0",)"
    R"("source":{"host":"kitchen","type":"manual","app":null,"meta":null},)"
    R"("correlation_ids":[],"agent_context":null,"payload":{"n":1.10,"big":1e400}})";

// The envelope with one text in it replaced.
std::string envelope_with(std::string_view from, std::string_view to) {
  std::string text(kEnvelope);
  text.replace(text.find(from), from.size(), to);
  return text;
}

ReceivedMessage message(std::string_view body) {
  return {"a.b", "application/json", body};
}

std::string render(OutputFormat format, std::string_view body, Terminal terminal = {}) {
  return EventPrinter(format, terminal).render(message(body)).output;
}

// The tests of local time are about one zone.
class EventPrinterText : public testing::Test {
 protected:
  EventPrinterText() {
    ::setenv("TZ", "UTC-2", 1);  // POSIX: two hours ahead of UTC
    ::tzset();
  }
  ~EventPrinterText() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_F(EventPrinterText, IsALineWhereThereIsNoTerminal) {
  EXPECT_EQ(render(OutputFormat::kText, kEnvelope),
            "12:15:30.250 a.b  kitchen  d1198639  {\"n\":1.10,\"big\":1e400}\n");
}

TEST_F(EventPrinterText, NamesTheAppAndTheFirstParent) {
  std::string body = envelope_with("\"app\":null", "\"app\":\"whisper\"");
  body.replace(body.find("[]"), 2, "[\"dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7\"]");
  EXPECT_THAT(render(OutputFormat::kText, body),
              HasSubstr("a.b  whisper  d1198639 <- 4f5ac1e7  {"));
}

TEST_F(EventPrinterText, OnATerminalThePayloadHasALineOfItsOwnAndIsCut) {
  const std::string output =
      render(OutputFormat::kText, kEnvelope, {.interactive = true, .colour = false, .width = 25});
  EXPECT_EQ(output,
            "12:15:30.250 a.b  kitchen  d1198639\n"
            "             {\"n\":1.10,\"…\n");
}

TEST_F(EventPrinterText, IsColouredWhenTheTerminalIs) {
  const Terminal colourful{.interactive = true, .colour = true, .width = 80};
  EXPECT_THAT(render(OutputFormat::kText, kEnvelope, colourful), HasSubstr("\x1b[36ma.b\x1b[0m"));
  EXPECT_THAT(render(OutputFormat::kText, kEnvelope), Not(HasSubstr("\x1b")));
}

TEST_F(EventPrinterText, KeepsControlCharactersFromTheTerminal) {
  const std::string body = envelope_with("kitchen", "kit\u009b31mchen");
  EXPECT_THAT(render(OutputFormat::kText, body), HasSubstr("kit\\u009b31mchen"));
  const Rendered rendered =
      EventPrinter(OutputFormat::kText, {}).render({"evil\x1b[2J", std::nullopt, "\x1b[2J"});
  EXPECT_THAT(rendered.output, AllOf(HasSubstr("evil\\u001b[2J"), Not(HasSubstr("\x1b"))));
}

TEST_F(EventPrinterText, MarksWhatIsNoEvent) {
  const Rendered rendered =
      EventPrinter(OutputFormat::kText, {}).render({"odd.key", std::nullopt, "plain text"});
  EXPECT_THAT(rendered.output,
              AllOf(HasSubstr("odd.key"), HasSubstr("not an event"), EndsWith("  plain text\n")));
  ASSERT_TRUE(rendered.notice);
  EXPECT_THAT(*rendered.notice, HasSubstr("'odd.key'"));
}

TEST(EventPrinterNdjson, IsTheEnvelopeOnOneLine) {
  EXPECT_EQ(render(OutputFormat::kNdjson, kEnvelope), std::string(kMinified) + "\n");
  std::string pretty;
  for (const char c : kEnvelope) pretty += c == ',' ? std::string(",\n ") : std::string(1, c);
  EXPECT_EQ(render(OutputFormat::kNdjson, pretty), std::string(kMinified) + "\n");
}

TEST(EventPrinterNdjson, IsUntouchedInAFileAndEscapedOnATerminal) {
  const std::string body = envelope_with("kitchen", "kit\u009bchen");
  EXPECT_THAT(render(OutputFormat::kNdjson, body), HasSubstr("kit\u009bchen"));
  EXPECT_THAT(
      render(OutputFormat::kNdjson, body, {.interactive = true, .colour = false, .width = {}}),
      HasSubstr("kit\\u009bchen"));
}

TEST(EventPrinterNdjson, LegacyEnvelopeBecomesOneThatCanBePublished) {
  const std::string line =
      render(OutputFormat::kNdjson,
             R"({"id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","ts":"2026-01-27T10:15:30Z",)"
             R"("event_type":"a.b","source":"old","data":{"n":1.10}})");
  const auto envelope = parse_envelope(line);
  ASSERT_TRUE(envelope) << line;
  EXPECT_EQ(envelope->payload, "{\"n\":1.10}");
}

TEST(EventPrinterNdjson, WrapsWhatIsNoEvent) {
  EventPrinter printer(OutputFormat::kNdjson, {});
  const Rendered text = printer.render({"odd.key", "text/plain", "say \"hi\"\n"});
  EXPECT_EQ(text.output,
            "{\"undecodable\":{\"routing_key\":\"odd.key\",\"content_type\":\"text/plain\","
            "\"body\":\"say \\\"hi\\\"\\u000a\"}}\n");
  EXPECT_TRUE(text.notice);
  EXPECT_EQ(printer.render({"odd.key", std::nullopt, "\xff\xfe"}).output,
            "{\"undecodable\":{\"routing_key\":\"odd.key\",\"content_type\":null,"
            "\"body_base64\":\"//4=\"}}\n");
  EXPECT_EQ(printer.render({"odd.key", std::nullopt, "{\"a\":1}"}).output,
            "{\"undecodable\":{\"routing_key\":\"odd.key\",\"content_type\":null,"
            "\"body\":\"{\\\"a\\\":1}\"}}\n");
}

TEST(EventPrinterJson, IsOneArrayHoweverManyEventsThereAre) {
  EventPrinter none(OutputFormat::kJson, {});
  EXPECT_EQ(none.finish(), "[]\n");

  EventPrinter two(OutputFormat::kJson, {});
  std::string array = two.render(message(kEnvelope)).output;
  array += two.render(message(kEnvelope)).output;
  array += two.finish();
  EXPECT_TRUE(check_json(array));
  const std::string element(kMinified);
  EXPECT_EQ(array, "[\n" + element + ",\n" + element + "\n]\n");
}

TEST(ShortId, IsTheEndWhichDiffersInIdsOfOneMoment) {
  const auto now = std::chrono::system_clock::now();
  EXPECT_EQ(short_id(*Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639")), "d1198639");
  EXPECT_NE(short_id(Uuid::v7(now)), short_id(Uuid::v7(now)));
}

}  // namespace
}  // namespace bb::cli
