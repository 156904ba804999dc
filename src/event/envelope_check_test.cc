#include <gmock/gmock.h>

#include <functional>

#include "bloodbank/envelope.h"
#include "event/envelope_text.h"

namespace bb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Envelope smallest() {
  Envelope envelope;
  envelope.event_type = "llm.prompt";
  envelope.source.host = "studio";
  envelope.payload = "{}";
  return envelope;
}

std::string nested_object(std::size_t depth) {
  std::string text;
  for (std::size_t i = 1; i < depth; ++i) text += R"({"a":)";
  return text + "{}" + std::string(depth - 1, '}');
}

// The errors after a change to a good envelope.
// What check_envelope() lets pass, and only that, is read back.
std::vector<std::string> errors_after(const std::function<void(Envelope&)>& change) {
  Envelope envelope = smallest();
  change(envelope);
  std::vector<std::string> lines = event::lines_of(check_envelope(envelope));
  EXPECT_EQ(lines.empty(), parse_envelope(serialize(envelope)).has_value());
  return lines;
}

TEST(CheckEnvelope, FindsNothingWrongWithAGoodOne) {
  EXPECT_THAT(errors_after([](Envelope&) {}), IsEmpty());
  EXPECT_THAT(errors_after([](Envelope& e) {
                e.version = "";
                e.source.host = "Zürich\n";
                e.source.app = "";
                e.source.meta = " { } ";
                e.source.unknown_fields = {{"pod", "1"}};
                e.agent_context = R"({"type":"custom"})";
                e.payload = "\n{\"a\":1e400}\n";
                e.unknown_fields = {{"", "null"}, {R"(\ud800)", "\"\\ud800\""}, {R"(\ud801)", "1"}};
              }),
              IsEmpty());
}

TEST(CheckEnvelope, FindsAWrongEventType) {
  EXPECT_THAT(errors_after([](Envelope& e) { e.event_type = "LLM"; }),
              ElementsAre(HasSubstr("/event_type: two or more words")));
  EXPECT_THAT(errors_after([](Envelope& e) { e.event_type = ""; }),
              ElementsAre(HasSubstr("not \"\"")));
}

TEST(CheckEnvelope, FindsTextThatIsNotUtf8) {
  EXPECT_THAT(errors_after([](Envelope& e) {
                e.version = "\xFF";
                e.source.host = "caf\xE9";
                e.source.app = "\xED\xA0\x80";
              }),
              ElementsAre("/version: a string in UTF-8, not \"?\"",
                          "/source/host: a string in UTF-8, not \"caf?\"",
                          "/source/app: a string in UTF-8, not \"???\""));
}

TEST(CheckEnvelope, FindsASourceTypeOutOfRange) {
  Envelope envelope = smallest();
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): what this is about.
  envelope.source.type = static_cast<SourceType>(9);
  ASSERT_THAT(check_envelope(envelope), testing::SizeIs(1));
  EXPECT_EQ(check_envelope(envelope)[0].pointer, "/source/type");
}

TEST(CheckEnvelope, FindsRawValuesThatAreNotObjects) {
  EXPECT_THAT(errors_after([](Envelope& e) {
                e.source.meta = "1";
                e.agent_context = "[]";
                e.payload = "\"text\"";
              }),
              ElementsAre("/source/meta: an object or null, not 1",
                          "/agent_context: an object or null, not []",
                          "/payload: an object, not \"text\""));
  EXPECT_THAT(errors_after([](Envelope& e) { e.payload = ""; }),
              ElementsAre("/payload: an object, not nothing"));
}

TEST(CheckEnvelope, FindsRawValuesThatAreNotJson) {
  EXPECT_THAT(errors_after([](Envelope& e) { e.payload = "{\"a\": 1,}"; }),
              ElementsAre("/payload: an object, not a text that is not JSON: line 1, column 8: "
                          "trailing comma before '}'"));
  // Two values that would otherwise smuggle a field into the envelope.
  EXPECT_THAT(errors_after([](Envelope& e) { e.payload = R"({},"event_id":"x")"; }),
              ElementsAre(HasSubstr("/payload: an object, not a text that is not JSON")));
}

TEST(CheckEnvelope, FindsWrongAgentContext) {
  EXPECT_THAT(errors_after([](Envelope& e) { e.agent_context = R"({"type":"custom","name":1})"; }),
              ElementsAre("/agent_context/name: a string or null, not 1"));
}

TEST(CheckEnvelope, FindsWrongUnknownFields) {
  EXPECT_THAT(errors_after([](Envelope& e) { e.unknown_fields = {{"payload", "1"}}; }),
              ElementsAre("/payload: each field once, not it again"));
  EXPECT_THAT(errors_after([](Envelope& e) { e.unknown_fields = {{R"(p\u0061yload)", "1"}}; }),
              ElementsAre("/payload: each field once, not it again"));
  EXPECT_THAT(errors_after([](Envelope& e) { e.unknown_fields = {{"a", "1"}, {"a", "2"}}; }),
              ElementsAre("/a: each field once, not it again"));
  EXPECT_THAT(errors_after([](Envelope& e) { e.unknown_fields = {{"a/b", ""}}; }),
              ElementsAre("/a~1b: a JSON value, not nothing"));
  for (const char* name : {"a\"", "\\", "\n", "\xFF", "\"\""}) {
    EXPECT_THAT(errors_after([&](Envelope& e) { e.unknown_fields = {{name, "1"}}; }),
                ElementsAre(HasSubstr("field names that are JSON strings")))
        << name;
  }
  EXPECT_THAT(errors_after([](Envelope& e) { e.source.unknown_fields = {{"host", "1"}}; }),
              ElementsAre("/source/host: each field once, not it again"));
}

// Written out, this name would be two fields, and the text an envelope still.
TEST(CheckEnvelope, FindsANameThatWouldAddAField) {
  Envelope envelope = smallest();
  envelope.unknown_fields = {{"a\":1,\"b", "1"}};
  const auto errors = check_envelope(envelope);
  ASSERT_THAT(errors, testing::SizeIs(1));
  EXPECT_THAT(errors[0].expected, HasSubstr("field names that are JSON strings"));
}

TEST(CheckEnvelope, CountsTheDepthOfTheEnvelopeAroundAValue) {
  const auto deep = [](std::size_t depth) {
    return errors_after([&](Envelope& e) { e.payload = nested_object(depth); });
  };
  EXPECT_THAT(deep(kJsonDepthMax - 1), IsEmpty());
  EXPECT_THAT(deep(kJsonDepthMax), ElementsAre(HasSubstr("nested more than 1023 deep")));

  const auto deep_meta = [](std::size_t depth) {
    return errors_after([&](Envelope& e) { e.source.meta = nested_object(depth); });
  };
  EXPECT_THAT(deep_meta(kJsonDepthMax - 2), IsEmpty());
  EXPECT_THAT(deep_meta(kJsonDepthMax - 1), ElementsAre(HasSubstr("nested more than 1022 deep")));
}

}  // namespace
}  // namespace bb
