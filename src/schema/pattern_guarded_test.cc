#include "schema/pattern_guarded.h"

#include <gtest/gtest.h>

#include <string>

namespace bb::schema {
namespace {

using Outcome = Pattern::Outcome;

std::string repeated(std::size_t count, std::string_view unit) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

Outcome search(const Pattern& pattern, std::string_view text) {
  PatternScratch scratch;
  return pattern.search(text, scratch);
}

// Each of these takes longer than the test may run in an engine that backtracks.
TEST(PatternGuarded, AutomataDoNotExplode) {
  struct Case {
    const char* pattern;
    std::string text;
    Outcome expected;
  };
  const std::string many_a = repeated(50, "a");
  for (const Case& c : {Case{"^(a+)+$", many_a + "b", Outcome::kNoMatch},
                        Case{"(a|aa)+$", many_a + "b", Outcome::kNoMatch},
                        Case{"(x+x+)+y", repeated(50, "x"), Outcome::kNoMatch},
                        Case{"(x+x+)+y", repeated(50, "x") + "y", Outcome::kMatch},
                        Case{"^(([a-z])+.)+[A-Z]([a-z])+$", many_a, Outcome::kNoMatch},
                        Case{"^(.*a){20}$", repeated(100'000, "a") + "b", Outcome::kNoMatch}}) {
    const auto pattern = Pattern::compile(c.pattern);
    ASSERT_TRUE(pattern) << pattern.error().message;
    EXPECT_TRUE(pattern->is_linear()) << c.pattern;
    EXPECT_EQ(search(*pattern, c.text), c.expected) << c.pattern;
  }
}

TEST(PatternGuarded, PatternsTooLargeForAnAutomatonStillWork) {
  const auto pattern = Pattern::compile("(a|b)*a(a|b){20}");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern->is_linear());
  EXPECT_EQ(search(*pattern, repeated(50, "ab")), Outcome::kMatch);
  EXPECT_EQ(search(*pattern, repeated(1000, "b")), Outcome::kNoMatch);
}

// Short texts can make it take too many steps, and long ones too long a step.
TEST(PatternGuarded, GivesUpWhatTakesTooLong) {
  struct Case {
    const char* pattern;
    std::string text;
  };
  for (const Case& c :
       {Case{"^(?=(a+)+$)", repeated(50, "a") + "b"}, Case{"(?=(\\w*)*[^a])", repeated(250, "a")},
        Case{"(?=x*y)", repeated(1'000'000, "x")},
        Case{"^(?:(?=x*y|x)x)*$", repeated(1'000'000, "x")},
        Case{"(?=x)x{6000}y", repeated(1'000'000, "x")},
        Case{"(?<=x{1000})y", repeated(1'000'000, "x")},
        Case{"(?=(.*.*.*)y)", repeated(20'000, "x")}, Case{"(.*)\\1y", repeated(1'000'000, "x")},
        Case{"^(?:(?=a)a|b)*$", repeated(1'000'000, "a")}}) {
    const auto pattern = Pattern::compile(c.pattern);
    ASSERT_TRUE(pattern) << pattern.error().message;
    EXPECT_EQ(search(*pattern, c.text), Outcome::kTooExpensive) << c.pattern;
  }
}

TEST(PatternGuarded, LongTextsAreSearchedWhereThatIsCheap) {
  const std::string text = repeated(500'000, "x");
  for (const char* const source : {"(?<=x)foo$", "^(?=[^]*foo$)", "(?!x)f", "(f)(o)\\2$"}) {
    const auto pattern = Pattern::compile(source);
    ASSERT_TRUE(pattern);
    EXPECT_EQ(search(*pattern, text + "foo"), Outcome::kMatch) << source;
    EXPECT_EQ(search(*pattern, text), Outcome::kNoMatch) << source;
  }
}

TEST(PatternGuarded, AScratchIsGoodAfterGivingUp) {
  PatternScratch scratch;
  const auto pattern = Pattern::compile("^(?=(a+)+$)");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->search(repeated(50, "a") + "b", scratch), Outcome::kTooExpensive);
  EXPECT_EQ(pattern->search("aaa", scratch), Outcome::kMatch);
  EXPECT_EQ(pattern->search("aab", scratch), Outcome::kNoMatch);
}

}  // namespace
}  // namespace bb::schema
