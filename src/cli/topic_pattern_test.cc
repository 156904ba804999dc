#include "cli/topic_pattern.h"

#include <gmock/gmock.h>

#include <string>

namespace bb::cli {
namespace {

TEST(TopicPattern, WildcardsAreWholeWords) {
  for (const std::string_view pattern :
       {"#", "*", "a.b.c", "transcription.#", "*.voice.*", "#.completed", "a..b", ".", "a."}) {
    EXPECT_TRUE(check_topic_pattern(pattern)) << pattern;
  }
}

TEST(TopicPattern, WildcardWithinAWordIsRefused) {
  for (const std::string_view pattern : {"transcription*", "a.b#", "*.*x", "##", "a.**.b"}) {
    const auto checked = check_topic_pattern(pattern);
    ASSERT_FALSE(checked) << pattern;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage);
  }
}

TEST(TopicPattern, FitsAnAmqpShortString) {
  EXPECT_FALSE(check_topic_pattern(""));
  EXPECT_TRUE(check_topic_pattern(std::string(255, 'a')));
  EXPECT_FALSE(check_topic_pattern(std::string(256, 'a')));
}

}  // namespace
}  // namespace bb::cli
