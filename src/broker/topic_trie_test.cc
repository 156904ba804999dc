#include "broker/topic_trie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <span>

#include "broker/test_queues.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::set<std::string> matched(TopicTrie& trie, std::string_view routing_key) {
  std::set<std::string> names;
  trie.match(routing_key, [&](const DestinationSet& set) {
    for (const Queue* queue : set.queues()) names.insert(queue->name());
  });
  return names;
}

bool matches(std::string_view pattern, std::string_view routing_key) {
  TestQueues queues;
  TopicTrie trie;
  trie.add(pattern, queues["q"]);
  return matched(trie, routing_key).contains("q");
}

std::string repeated(int times, std::string_view word) {
  std::string text;
  for (int i = 0; i < times; ++i) text.append(i == 0 ? "" : ".").append(word);
  return text;
}

TEST(TopicTrie, MatchesWordByWord) {
  struct Case {
    std::string_view pattern;
    std::vector<std::string_view> matching;
    std::vector<std::string_view> other;
  };
  const Case cases[] = {
      {"a.b", {"a.b"}, {"", "a", "b", "a.b.c", "ab", "a.b.", ".a.b", "a..b", "A.b"}},
      {"", {""}, {".", "a", "#", "*"}},
      {".", {"."}, {"", "a", "..", "a."}},
      {"a..b", {"a..b"}, {"a.b", "a.x.b", "a...b"}},
      {"*", {"a", "abc", "*", "#"}, {"", ".", "a.b"}},
      {"*.*", {"a.b", ".", "a.", ".b"}, {"", "a", "a.b.c"}},
      {"a.*", {"a.b", "a."}, {"", "a", "b.a", "a.b.c"}},
      {"a.*.b", {"a..b", "a.x.b"}, {"a.b", "a.x.y.b"}},
      {"#", {"", ".", "a", "a.b", "a..b", "*"}, {}},
      {"#.#", {"", ".", "a", "a.b.c"}, {}},
      {"*.#", {"a", "a.b", "a.b.c", ".", "a."}, {""}},
      {"#.*", {"a", "a.b", "a.b.c", "."}, {""}},
      {"a.#", {"a", "a.", "a.b", "a.b.c"}, {"", "b", "ab", "b.a"}},
      {"#.a", {"a", ".a", "b.a", "b.c.a", "a.a"}, {"", "ab", "a.b"}},
      {"a.#.b", {"a.b", "a..b", "a.x.b", "a.x.y.b", "a.b.b"}, {"", "a", "b", "ab", "a.b.c"}},
      {"a.*.#.b", {"a.x.b", "a.x.y.b", "a..b", "a.b.b"}, {"a.b", "a.x", "a.x.b.c"}},
      {"#.a.#", {"a", "b.a", "a.b", "b.a.b", "a.a"}, {"", "b", "ab.ba"}},
      {"a*.b#", {"a*.b#"}, {"ab.b", "a.b", "ax.bx"}},
  };
  for (const Case& c : cases) {
    for (const auto key : c.matching) {
      EXPECT_TRUE(matches(c.pattern, key)) << "'" << c.pattern << "' and '" << key << "'";
    }
    for (const auto key : c.other) {
      EXPECT_FALSE(matches(c.pattern, key)) << "'" << c.pattern << "' and '" << key << "'";
    }
  }
}

TEST(TopicTrie, FindsEveryQueueWhosePatternMatches) {
  TestQueues queues;
  TopicTrie trie;
  trie.add("voice.*", queues["one word"]);
  trie.add("voice.#", queues["any words"]);
  trie.add("voice.started", queues["exact"]);
  trie.add("voice.ended", queues["other"]);
  EXPECT_THAT(matched(trie, "voice.started"), ElementsAre("any words", "exact", "one word"));
  EXPECT_THAT(matched(trie, "voice"), ElementsAre("any words"));
}

TEST(TopicTrie, AQueueStaysUntilItsLastPatternIsRemoved) {
  TestQueues queues;
  TopicTrie trie;
  trie.add("a.*", queues["q"]);
  trie.add("#.b", queues["q"]);
  trie.remove("a.*", queues["q"]);
  EXPECT_THAT(matched(trie, "a.b"), ElementsAre("q"));
  trie.remove("#.b", queues["q"]);
  EXPECT_THAT(matched(trie, "a.b"), IsEmpty());
}

TEST(TopicTrie, TheSamePatternAddedTwiceIsRemovedTwice) {
  TestQueues queues;
  TopicTrie trie;
  trie.add("a.b", queues["q"]);
  trie.add("a.b", queues["q"]);
  trie.remove("a.b", queues["q"]);
  EXPECT_THAT(matched(trie, "a.b"), ElementsAre("q"));
  trie.remove("a.b", queues["q"]);
  EXPECT_EQ(trie.node_count(), 1u);
}

TEST(TopicTrie, RemovingAPatternLeavesItsPrefixAndItsExtension) {
  TestQueues queues;
  TopicTrie trie;
  for (const char* pattern : {"a", "a.#", "a.#.b"}) trie.add(pattern, queues[pattern]);
  trie.remove("a.#", queues["a.#"]);
  EXPECT_THAT(matched(trie, "a"), ElementsAre("a"));
  EXPECT_THAT(matched(trie, "a.b"), ElementsAre("a.#.b"));
}

TEST(TopicTrie, NodesGoWithTheLastPatternThatNeedsThem) {
  TestQueues queues;
  TopicTrie trie;
  EXPECT_EQ(trie.node_count(), 1u);
  trie.add("a.b.c", queues["long"]);
  trie.add("a.b", queues["short"]);
  trie.add("a.*.#", queues["wild"]);
  EXPECT_EQ(trie.node_count(), 6u);
  trie.remove("a.b.c", queues["long"]);
  EXPECT_EQ(trie.node_count(), 5u);
  trie.remove("a.b", queues["short"]);
  EXPECT_EQ(trie.node_count(), 4u);
  trie.remove("a.*.#", queues["wild"]);
  EXPECT_EQ(trie.node_count(), 1u);
}

// Whoever follows every way to divide the key among the `#` does not finish.
TEST(TopicTrie, APatternOfManyHashesIsMatchedWithoutTryingEveryWay) {
  const std::string key = repeated(128, "a");
  ASSERT_EQ(key.size(), 255u);
  EXPECT_TRUE(matches(repeated(100, "#.a"), key));
  EXPECT_TRUE(matches(repeated(128, "#.a"), key));
  EXPECT_FALSE(matches(repeated(129, "#.a"), key));
  EXPECT_FALSE(matches(repeated(100, "#.a") + ".b", key));
  EXPECT_FALSE(matches(repeated(100, "#.a"), repeated(127, "a") + ".b"));
  EXPECT_TRUE(matches(repeated(128, "#"), key));
}

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  Words words;
  if (text.empty()) return words;
  words.emplace_back();
  for (const char c : text) {
    if (c == '.') {
      words.emplace_back();
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

// The definition, followed to the letter.
bool naive_match(std::span<const std::string> pattern, std::span<const std::string> key) {
  if (pattern.empty()) return key.empty();
  const auto rest = pattern.subspan(1);
  if (pattern[0] == "#") {
    return naive_match(rest, key) || (!key.empty() && naive_match(pattern, key.subspan(1)));
  }
  if (key.empty() || (pattern[0] != "*" && pattern[0] != key[0])) return false;
  return naive_match(rest, key.subspan(1));
}

TEST(TopicTrie, AgreesWithTheDefinitionWhilePatternsComeAndGo) {
  constexpr std::uint64_t kSeed = 0x7A11;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  const auto random_text = [&](std::span<const char* const> vocabulary) {
    std::string text;
    const std::size_t word_count = random() % 6;
    for (std::size_t i = 0; i < word_count; ++i) {
      text.append(i == 0 ? "" : ".").append(vocabulary[random() % vocabulary.size()]);
    }
    return text;
  };
  constexpr const char* kPatternWords[] = {"#", "#", "*", "a", "b", ""};
  constexpr const char* kKeyWords[] = {"a", "b", "c", ""};

  TestQueues queues;
  TopicTrie trie;
  std::vector<std::pair<std::string, std::string>> bound;  // pattern, queue
  for (int step = 0; step < 20'000; ++step) {
    if (bound.size() < 40 && random() % 2 == 0) {
      bound.emplace_back(random_text(kPatternWords), "q" + std::to_string(random() % 20));
      trie.add(bound.back().first, queues[bound.back().second]);
    } else if (!bound.empty() && random() % 2 == 0) {
      std::swap(bound[random() % bound.size()], bound.back());
      trie.remove(bound.back().first, queues[bound.back().second]);
      bound.pop_back();
    }
    const std::string key = random_text(kKeyWords);
    std::set<std::string> expected;
    for (const auto& [pattern, queue] : bound) {
      if (naive_match(words_of(pattern), words_of(key))) expected.insert(queue);
    }
    ASSERT_EQ(matched(trie, key), expected) << "step " << step << ", key '" << key << "'";
  }
  for (const auto& [pattern, queue] : bound) trie.remove(pattern, queues[queue]);
  EXPECT_EQ(trie.node_count(), 1u);
}

}  // namespace
}  // namespace bb::broker
