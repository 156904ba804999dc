// The automaton against PCRE2, on random patterns and texts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "schema/dfa_builder.h"
#include "schema/pattern_guarded.h"

namespace bb::schema {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string pattern(int depth = 4) {
    switch (depth == 0 ? below(2) : below(10)) {
      case 0:
        return one_of({"a", "b", "c", "_", "\u00E9", "\u2028", "\U0001F432", "-"});
      case 1:
        return one_of({".", "[ab]", "[^a]", "\\w", "\\W", "\\s", "[]", "[^]", "[^\u00E9]",
                       "[b-\\u{1F432}]", "\\S", "\\d", "[\\u0080-\\u07ff]"});
      case 2:
        return one_of({"^", "$", "\\b", "\\B", "", "(?:)"});
      case 3:
      case 4:
        return "(" + pattern(depth - 1) + ")" +
               one_of({"*", "+", "?", "{2}", "{1,3}", "{2,}", "{0}", "*?", "+?"});
      case 5:
        return "(?:" + pattern(depth - 1) + "|" + pattern(depth - 1) + ")";
      default:
        return pattern(depth - 1) + pattern(depth - 1);
    }
  }

  // Likely not a pattern.
  std::string noise() {
    std::string result;
    for (unsigned length = below(12); length > 0; --length) {
      result += one_of({"(",    ")",    "(?",      "(?=",  "(?<!", "(?<n>", "\\k<n>", "[",
                        "]",    "[^",   "{",       "}",    "{2",   ",",     "3}",     "*",
                        "+",    "?",    "|",       "^",    "$",    ".",     "\\",     "\\u",
                        "\\u{", "d83d", "\\udc32", "\\p{", "L}",   "\\P",   "\\x4",   "\\c",
                        "\\b",  "\\1",  "-",       "a",    "w",    "9",     "\u00E9", "\xFF"});
    }
    return result;
  }

  std::string text() {
    std::string result;
    for (unsigned length = below(9); length > 0; --length) {
      result += one_of({"a", "a", "b", "c", "_", "-", "\n", " ", "1", "\u00E9", "\u0085", "\u2028",
                        "\u07FF", "\u0800", "\uE000", "\uFFFF", "\U00010000", "\U0001F432",
                        "\U0010FFFF"});
    }
    return result;
  }

 private:
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }
  std::string one_of(std::initializer_list<const char*> choices) {
    return choices.begin()[below(static_cast<unsigned>(choices.size()))];
  }

  std::mt19937 random_;
};

// BB_PATTERN_ROUNDS=1000000 for a long run; BB_PATTERN_SEED to see one again.
unsigned from_environment(const char* name, unsigned otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(value, nullptr, 10));
}

TEST(PatternRandom, TheAutomatonAgreesWithPcre2) {
  const unsigned seed = from_environment("BB_PATTERN_SEED", std::random_device{}());
  const unsigned rounds = from_environment("BB_PATTERN_ROUNDS", 1000);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  GuardedScratch scratch;
  unsigned compared = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::string source = generator.pattern();
    const auto regex = parse_regex(source, RegexDialect::kUnicode);
    ASSERT_TRUE(regex) << source << ": " << regex.error().reason;
    const auto dfa = build_dfa(*regex);
    const auto guarded = GuardedRegex::compile(*regex);
    if (!dfa || !guarded) continue;
    for (int i = 0; i < 20; ++i) {
      const std::string text = generator.text();
      const Pattern::Outcome outcome = guarded->search(text, scratch);
      if (outcome == Pattern::Outcome::kTooExpensive) continue;
      ASSERT_EQ(dfa->search(text), outcome == Pattern::Outcome::kMatch)
          << source << " on " << testing::PrintToString(text);
      ++compared;
    }
  }
  EXPECT_GT(compared, rounds * 10);  // not all may be left out
}

TEST(PatternRandom, AnySourceIsCompiledOrRefused) {
  const unsigned seed = from_environment("BB_PATTERN_SEED", std::random_device{}());
  const unsigned rounds = from_environment("BB_PATTERN_ROUNDS", 1000);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  PatternScratch scratch;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::string source = generator.noise();
    const auto pattern = Pattern::compile(source);
    if (pattern) {
      pattern->search(generator.text(), scratch);
    } else if (!find_regex_fault(source)) {
      // PCRE2's limits are the only ones that ECMA-262 does not have.
      ASSERT_NE(pattern.error().message.find("not supported"), std::string::npos)
          << testing::PrintToString(source) << ": " << pattern.error().message;
    }
  }
}

}  // namespace
}  // namespace bb::schema
