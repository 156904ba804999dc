#include <gtest/gtest.h>

#include "bloodbank/envelope.h"

namespace bb {
namespace {

TEST(EventType, IsTwoOrMoreWordsJoinedByDots) {
  for (const std::string_view text :
       {"llm.prompt", "transcription.voice.completed", "session.thread.agent.action",
        "theboard.meeting.round_completed", "a.b", "3d.scan", "fire-flies.v2.up_load", "a-.b_"}) {
    EXPECT_TRUE(is_event_type(text)) << text;
  }
}

TEST(EventType, IsNothingElse) {
  for (const std::string_view text :
       {"", ".", "prompt", "llm.", ".llm", "llm..prompt", "LLM.prompt", "llm.Prompt", "llm.pro mpt",
        "llm.*", "llm.#", "artifact.{action}", "-llm.prompt", "llm._prompt", "llm.prömpt",
        "llm.prompt\n", "llm/prompt.x"}) {
    EXPECT_FALSE(is_event_type(text)) << text;
  }
}

TEST(EventType, FitsARoutingKey) {
  EXPECT_TRUE(is_event_type("a." + std::string(253, 'b')));
  EXPECT_FALSE(is_event_type("a." + std::string(254, 'b')));
}

}  // namespace
}  // namespace bb
