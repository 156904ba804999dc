#include "amqp/topic_match.h"

#include <gtest/gtest.h>

namespace bb::amqp {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view key;
  bool matches;
};

TEST(TopicMatch, IsThatOfTopicExchanges) {
  constexpr Case kCases[] = {
      {"a.b.c", "a.b.c", true},
      {"a.b.c", "a.b", false},
      {"a.b", "a.b.c", false},
      {"*", "a", true},
      {"*", "a.b", false},
      {"*", "", false},
      {"a.*.c", "a.b.c", true},
      {"a.*.c", "a..c", true},
      {"a.*.c", "a.c", false},
      {"#", "", true},
      {"#", "a.b.c", true},
      {"a.#", "a", true},
      {"a.#", "a.b.c", true},
      {"a.#", "b.a", false},
      {"#.c", "c", true},
      {"#.c", "a.b.c", true},
      {"#.c", "c.a", false},
      {"a.#.z", "a.z", true},
      {"a.#.z", "a.b.z.c.z", true},
      {"a.#.z", "a.b.z.c", false},
      {"#.a.#.b", "x.a.a.b.c.b", true},
      {"#.a.#.b", "x.b.a", false},
      {"#.*", "a", true},
      {"#.*", "", false},
      {"#.#", "", true},
      {"#.#.*.#", "a.b", true},
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      // Part of a word: taken literally.
      {"a*", "ab", false},
      {"a*", "a*", true},
      {".", ".", true},
      {"a.", "a.", true},
      {"a.", "a", false},
  };
  for (const Case& each : kCases) {
    EXPECT_EQ(topic_matches(each.pattern, each.key), each.matches)
        << "'" << each.pattern << "' '" << each.key << "'";
  }
}

TEST(TopicMatch, ManyHashesTakeNoLongTime) {
  std::string pattern = "#";
  std::string key = "a";
  for (int i = 0; i < 60; ++i) pattern += ".a.#";
  for (int i = 0; i < 120; ++i) key += ".a";
  EXPECT_TRUE(topic_matches(pattern, key));
  EXPECT_FALSE(topic_matches(pattern + ".z", key));
}

}  // namespace
}  // namespace bb::amqp
