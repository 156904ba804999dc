#include "schema/pattern.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "schema/allocation_count.h"

namespace bb::schema {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Outcome = Pattern::Outcome;

Pattern compile(std::string_view source) {
  auto pattern = Pattern::compile(source);
  if (!pattern) {
    ADD_FAILURE() << pattern.error().message;
    pattern = Pattern::compile("[]");
  }
  return *std::move(pattern);
}

// Both engines have to agree: (?=) matches nothing and always, but needs PCRE2.
bool matches(const std::string& source, std::string_view text) {
  PatternScratch scratch;
  const Outcome outcome = compile(source).search(text, scratch);
  EXPECT_NE(outcome, Outcome::kTooExpensive) << source;
  const Pattern guarded = compile("(?=)(?:" + source + ")");
  EXPECT_FALSE(guarded.is_linear());
  EXPECT_EQ(guarded.search(text, scratch), outcome) << source << " on " << text;
  return outcome == Outcome::kMatch;
}

struct Case {
  const char* pattern;
  std::string text;
  bool expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases)
    EXPECT_EQ(matches(c.pattern, c.text), c.expected)
        << c.pattern << " on " << testing::PrintToString(c.text);
}

TEST(Pattern, SearchesAnywhere) {
  check({{"b", "abc", true},
         {"b", "ac", false},
         {"", "", true},
         {"", "x", true},
         {"foo|bar", "a bar", true},
         {"aab", "aaab", true},
         {"[]", "x", false},
         {"[^]", "\n", true},
         {"[^]", "", false}});
}

TEST(Pattern, AnchorsAreTheEndsOfTheTextOnly) {
  check({{"^abc$", "abc", true},
         {"^abc$", "abc\n", false},
         {"^abc$", "x\nabc", false},
         {"(^a|b)c", "ac", true},
         {"(^a|b)c", "xac", false},
         {"(^a|b)c", "xbc", true},
         {"a$|b", "ab", true},
         {"a$|^b", "ab", false},
         {"$^", "", true},
         {"$^", "a", false},
         {"^$", "", true},
         {"^$", "\n", false},
         {"(^)*a", "ba", true},
         {"(^)+a", "ba", false},
         {"a(?:$|b$)", "xab", true},
         {"a$b", "ab", false},
         {"^^a$$", "a", true}});
}

TEST(Pattern, WordBoundariesAreOfAscii) {
  check({{"\\bfoo\\b", "a foo b", true},
         {"\\bfoo\\b", "foo", true},
         {"\\bfoo\\b", "afoo", false},
         {"\\bfoo\\b", "foo_", false},
         {"\\bfoo\\b", "\u00E9foo\u00E9", true},
         {"\\Boo", "foo", true},
         {"\\Bfoo", "foo", false},
         {"\\b", "", false},
         {"\\B", "", true},
         {"\\B", "a", false},
         {"^a|\\B", "a\U0001F432a", true},
         {"\\B", "a\U0001F432a", false},  // not even inside the dragon
         {"^\\b^a", "a", true},
         {"\\b$", "a", true},
         {"\\b$", "a ", false},
         {"a\\b\\b ", "a ", true},
         {"a\\b\\B", "a ", false}});
}

TEST(Pattern, RepetitionsAreCounted) {
  check({{"^a{2}$", "aa", true},
         {"^a{2}$", "aaa", false},
         {"^a{2,}$", "a", false},
         {"^a{2,}$", "aaaa", true},
         {"^a{1,3}$", "aaaa", false},
         {"^a{0}$", "", true},
         {"^a{0}$", "a", false},
         {"^(ab?){2}$", "aba", true},
         {"^(a*)*$", "aab", false},
         {"^(?:a*?b)+?$", "ab", true},
         {"^(a|b|)+c$", "abac", true},
         {"^(?:){3}a$", "a", true}});
}

TEST(Pattern, ClassEscapesAreOfEcma262) {
  check({{"^\\d$", "0", true},
         {"^\\d$", "\u07C0", false},
         {"^\\D$", "\u07C0", true},
         {"^\\w$", "\u00E9", false},
         {"^\\W$", "\u00E9", true},
         {"^\\s$", "\u00A0", true},
         {"^\\s$", "\uFEFF", true},
         {"^\\s$", "\u2029", true},
         {"^\\s$", "\u2003", true},
         {"^\\s$", "\u0001", false},
         {"^\\S$", "\u2013", true},
         {"^\\S$", "\u3000", false},
         {"^\\t$", "\t", true},
         {"^\\t$", "\\t", false},
         {"^\\cC$", "\u0003", true},
         {"^\\cc$", "\u0003", true},
         {"^\\cC$", "\\cC", false},
         {"^[^a]$", "\n", true},
         {"^[\\w-.]+$", "a-b.c", true}});
}

TEST(Pattern, DotIsOneCharacterAndNoLineTerminator) {
  check({{"^.$", "\U0001F432", true},
         {"^.$", "\u00E9", true},
         {"^..$", "\u00E9", false},
         {"^.$", "\n", false},
         {"^.$", "\r", false},
         {"^.$", "\u2028", false},
         {"^.$", "\u2029", false},
         {"^.$", "\u2027", true},
         {"^.$", "\u202A", true},
         {"^.$", "\u0085", true},
         {"^.$", std::string(1, '\0'), true}});
}

TEST(Pattern, CharactersBeyondTheBasicPlaneAreOne) {
  check({{"^\U0001F432*$", "\U0001F432\U0001F432", true},
         {"^\U0001F432*$", "\U0001F409", false},
         {"^\U0001F432*$", "D", false},
         {"^\\ud83d\\udc32$", "\U0001F432", true},
         {"^[\U0001F432-\U0001F434]$", "\U0001F433", true},
         {"^[\U0001F432-\U0001F434]$", "\U0001F435", false},
         {"^\\u{1F432}$", "\U0001F432", true}});
}

TEST(Pattern, LookAroundAndReferences) {
  check({{"^(?=.*[A-Z])(?=.*\\d).{8,}$", "passWord1", true},
         {"^(?=.*[A-Z])(?=.*\\d).{8,}$", "password1", false},
         {"^(?!foo)", "foobar", false},
         {"^(?!foo)", "barfoo", true},
         {"(?<=\\$)\\d", "cost $5", true},
         {"(?<!\\$)\\d", "$5", false},
         {"(?<=a|bc)d", "bcd", true},
         {"(.)\\1", "abccd", true},
         {"(.)\\1", "abcd", false},
         {"(?<q>['\"]).*\\k<q>", "it's \"so\"", true},
         {"^(?:(a)|b)\\1$", "b", true},  // a group that took no part is empty
         {"\\1(a)", "a", true},
         {"^(a)(?:b)(?<n>c)\\2\\1$", "abcca", true}});
}

TEST(Pattern, LargeCountsWork) {
  PatternScratch scratch;
  const Pattern pattern = compile("^a{70000,140000}$");
  EXPECT_EQ(pattern.search(std::string(69'999, 'a'), scratch), Outcome::kNoMatch);
  EXPECT_EQ(pattern.search(std::string(70'000, 'a'), scratch), Outcome::kMatch);
  EXPECT_EQ(pattern.search(std::string(140'000, 'a'), scratch), Outcome::kMatch);
  EXPECT_EQ(pattern.search(std::string(140'001, 'a'), scratch), Outcome::kNoMatch);
  EXPECT_EQ(compile("^a{70000,}$").search(std::string(70'000, 'a'), scratch), Outcome::kMatch);
}

TEST(Pattern, ErrorsSayWhatAndWhere) {
  const auto unclosed = Pattern::compile("^ab(c");
  ASSERT_FALSE(unclosed);
  EXPECT_EQ(unclosed.error(),
            (Error{ErrorCode::kFailure,
                   "the regular expression '^ab(c': this group is not closed (at byte 3)"}));
  const auto variable = Pattern::compile("(?<=a+)b");
  ASSERT_FALSE(variable);
  EXPECT_THAT(variable.error().message, AllOf(HasSubstr("not supported"), HasSubstr("lookbehind")));
}

TEST(Pattern, FaultsOfTheFormatAreStrict) {
  EXPECT_EQ(find_regex_fault("(?<=a+)b"), std::nullopt);
  EXPECT_EQ(find_regex_fault("([abc])+\\s+$"), std::nullopt);
  const auto fault = find_regex_fault("x\\a");
  EXPECT_EQ(fault.value_or(RegexFault{}).offset, 1U);
  EXPECT_TRUE(find_regex_fault("\\-"));
}

TEST(Pattern, KeepsItsSourceThroughMoves) {
  Pattern first = compile("^a$");
  Pattern second = std::move(first);
  EXPECT_EQ(second.source(), "^a$");
  first = std::move(second);
  PatternScratch scratch;
  EXPECT_EQ(first.search("a", scratch), Outcome::kMatch);
}

TEST(Pattern, TextThatIsNotUtf8IsSafe) {
  PatternScratch scratch;
  for (const char* const source : {"^.*\xC3\xA9$", "(?=.)[^a]*$", "[^\\x00-\\u{FFFF}]"}) {
    const Pattern pattern = compile(source);
    for (const std::string_view text : {"\xC3", "\xF0\x9F", "\xFF\xFE", "a\x80", "\xED\xA0\x80"}) {
      EXPECT_NE(pattern.search(text, scratch), Outcome::kTooExpensive);
    }
  }
}

TEST(Pattern, LinearSearchAllocatesNothing) {
  const Pattern pattern = compile("^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$");
  ASSERT_TRUE(pattern.is_linear());
  const std::string text = "agent.thread.message.created";
  PatternScratch scratch;
  Outcome outcome{};
  EXPECT_EQ(allocations_of([&] { outcome = pattern.search(text, scratch); }), 0U);
  EXPECT_EQ(outcome, Outcome::kMatch);
}

TEST(Pattern, ManyThreadsSearchAtOnce) {
  const Pattern linear = compile("^(a|b)+$");
  const Pattern guarded = compile("^(?=a)(a|b)+$");
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      PatternScratch scratch;
      for (int round = 0; round < 500; ++round) {
        EXPECT_EQ(linear.search("abba", scratch), Outcome::kMatch);
        EXPECT_EQ(guarded.search("abba", scratch), Outcome::kMatch);
        EXPECT_EQ(guarded.search("baab", scratch), Outcome::kNoMatch);
      }
    });
  }
}

}  // namespace
}  // namespace bb::schema
