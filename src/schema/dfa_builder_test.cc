#include "schema/dfa_builder.h"

#include <gtest/gtest.h>

#include <string>

namespace bb::schema {
namespace {

std::optional<Dfa> try_build(std::string_view source) {
  const auto regex = parse_regex(source, RegexDialect::kLenient);
  EXPECT_TRUE(regex) << source;
  return regex ? build_dfa(*regex) : std::nullopt;
}

Dfa build(std::string_view source) {
  if (auto dfa = try_build(source)) return *std::move(dfa);
  ADD_FAILURE() << "no automaton for " << source;
  return {std::vector<Dfa::State>(2), Dfa::kNever, {}};
}

TEST(DfaBuilder, UsualPatternsAreSmall) {
  for (const char* const source :
       {"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$", "^\\d{4}-\\d{2}-\\d{2}$", "^(a+)+$", "(x+x+)+y",
        "\\bfoo\\b", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}) {
    const Dfa dfa = build(source);
    EXPECT_LE(dfa.state_count(), 40U) << source;
    EXPECT_LE(dfa.table_bytes(), 2048U) << source;
  }
}

TEST(DfaBuilder, LengthsUpTo255Fit) {
  const Dfa dfa = build("^.{1,255}$");
  EXPECT_FALSE(dfa.search(""));
  EXPECT_TRUE(dfa.search(std::string(255, 'x')));
  EXPECT_FALSE(dfa.search(std::string(256, 'x')));
  std::string dragons;
  for (int i = 0; i < 255; ++i) dragons += "\U0001F432";
  EXPECT_TRUE(dfa.search(dragons));
  EXPECT_FALSE(dfa.search(dragons + "\u00E9"));
}

TEST(DfaBuilder, GivesUpOnWhatExplodes) {
  for (const char* const source :
       {"(a|b)*a(a|b){20}", "((a{1000}){1000}){1000}", "(?:(?:){4000000}){4000000}",
        "(?:(?:(?:a?){4000}){4000}){4000}", ".{0,100000}", "(.*a.{12}|[^b]{5}.*c.{9})",
        "(\\S*a\\S{12}|\\S{5}.*c\\S{9})[^\\s@]{40}"}) {
    EXPECT_FALSE(try_build(source)) << source;
  }
}

TEST(DfaBuilder, StopsWhereTheAnswerIsKnown) {
  EXPECT_EQ(build("").state_count(), 2U);
  EXPECT_EQ(build("[]").state_count(), 2U);
  EXPECT_EQ(build("a^").state_count(), 2U);  // never
  EXPECT_EQ(build("a|").state_count(), 2U);  // always
  EXPECT_EQ(build("^a").state_count(), 3U);  // and the start
}

}  // namespace
}  // namespace bb::schema
