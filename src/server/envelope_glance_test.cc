#include "server/envelope_glance.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "bloodbank/envelope.h"

namespace bb::server {
namespace {

const std::string kPlain =
    R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"llm.prompt",)"
    R"("timestamp":"2026-01-02T03:04:05.678Z","version":"1.0.0","source":{"host":"here",)"
    R"("type":"manual","app":null,"meta":null},)"
    R"("correlation_ids":["587ed157-cb79-56b6-a925-42f0594a8263"],"agent_context":null,)"
    R"("payload":{"text":"\u00fcber","n":[1,2.50,{"deep":true}]} })";

std::string with(std::string_view from, std::string_view to) {
  std::string text = kPlain;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(EnvelopeGlance, SeesPlainEnvelopes) {
  EnvelopeGlance glance;
  const auto seen = glance.read(kPlain);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->event_type, "llm.prompt");
  EXPECT_EQ(seen->payload, R"({"text":"\u00fcber","n":[1,2.50,{"deep":true}]})");
  EXPECT_TRUE(
      glance.read(with(R"("correlation_ids":["587ed157-cb79-56b6-a925-42f0594a8263"],)", "")));
}

TEST(EnvelopeGlance, LeavesTheRestToACloserLook) {
  EnvelopeGlance glance;
  for (const std::string& text :
       {with("llm.prompt", "llm"), with("llm.prompt", "llm.\\u0070rompt"), with("eaa1", "eaax"),
        with("2026", "2O26"), with(R"("1.0.0")", "1"), with("manual", "magic"),
        with(R"("host":"here",)", ""), with(R"("app":null)", R"("app":1)"),
        with(R"("meta":null)", R"("meta":{})"), with(R"("agent_context":null)", R"("x":null)"),
        with(R"("agent_context":null)", R"("version":"1.0.0")"), with("587e", "x"),
        with(R"("payload":{)", R"("payload":[{)"), std::string("[]"), std::string(),
        kPlain.substr(0, kPlain.size() - 1)}) {
    EXPECT_FALSE(glance.read(text)) << text;
  }
}

// Whatever is done to an envelope: what is seen of it is what the reader reads.
TEST(EnvelopeGlance, NeverSeesWhatTheReaderRefuses) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view kPieces[] = {"\"", "{",  "}",       "[",       "]",    ",",
                                          ":",  "\\", "\\u0061", "\\ud800", "null", "0",
                                          "a",  " ",  "\x80",    "-",       "."};
  EnvelopeGlance glance;
  int seen_count = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = kPlain;
    for (auto edits = random() % 3 + 1; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const std::size_t length = random() % 4 == 0 ? random() % 40 : random() % 2;
      text.replace(at, length, kPieces[random() % std::size(kPieces)]);
    }
    const auto seen = glance.read(text);
    if (!seen) continue;
    ++seen_count;
    const auto envelope = parse_envelope(text);
    ASSERT_TRUE(envelope) << text;
    ASSERT_EQ(envelope->event_type, seen->event_type) << text;
    ASSERT_EQ(envelope->payload, seen->payload) << text;
  }
  EXPECT_GT(seen_count, 1000);
}

}  // namespace
}  // namespace bb::server
