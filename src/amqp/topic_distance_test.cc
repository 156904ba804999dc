#include "amqp/topic_distance.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace bb::amqp {
namespace {

TEST(TopicDistance, IsNothingForWhatMatches) {
  for (const auto& [pattern, key] : {std::pair("llm.*", "llm.prompt"),
                                     {"#", "llm.prompt"},
                                     {"#", ""},
                                     {"a.#.b.#.c", "a.x.b.y.z.c"}}) {
    EXPECT_EQ(topic_distance(pattern, key), 0U) << pattern << " " << key;
  }
}

TEST(TopicDistance, IsSmallForWhatWasProbablyMeant) {
  for (const auto& [pattern, key, distance] : {
           std::tuple("llm.prompt", "llm.prompts", 1U),
           {"llm.prompt", "llm.promt", 1U},
           {"transcription.voice.completed", "transcription.voice.complete", 1U},
           {"agent.thread.*", "agent.thraed.error", 1U},
           {"agent.thread.*", "agent.thread.error.retried", 2U},
           {"agent.thread.*", "agent.thread", 2U},
           {"agent.thread.response", "agent.thread.prompt", 3U},
           {"theboard.#.failed", "theboard.meeting.faild", 1U},
       }) {
    EXPECT_EQ(topic_distance(pattern, key), distance) << pattern << " " << key;
  }
}

TEST(TopicDistance, IsLargeForWhatHasNothingToDoWithIt) {
  for (const auto& [pattern, key] : {
           std::pair("llm.response", "llm.prompt"),  // one word of two
           {"github.pr.created", "llm.prompt"},
           {"*.prompt", "voice.started"},
           {"a.b.c.d", "a.b"},
           {"", "llm.prompt"},
           {"#.x", "llm.prompt"},
       }) {
    EXPECT_GT(topic_distance(pattern, key), kNearTopicMax) << pattern << " " << key;
  }
}

}  // namespace
}  // namespace bb::amqp
