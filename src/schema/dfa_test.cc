#include "schema/dfa.h"

#include <gtest/gtest.h>

namespace bb::schema {
namespace {

// Column 1 is 'a', column 2 is 'b'; all other bytes are column 0.
std::array<std::uint8_t, 256> columns() {
  std::array<std::uint8_t, 256> result{};
  result['a'] = 1;
  result['b'] = 2;
  return result;
}

TEST(Dfa, TakesTransitionsAndLooksAtTheEnd) {
  // An even number of a's, then nothing else.
  const std::vector<Dfa::State> states{{}, {}, {{0, 3, 0}, true}, {{0, 2, 0}, false}};
  const Dfa dfa(states, 2, columns());
  EXPECT_TRUE(dfa.search(""));
  EXPECT_FALSE(dfa.search("a"));
  EXPECT_TRUE(dfa.search("aa"));
  EXPECT_FALSE(dfa.search("aab"));
  EXPECT_FALSE(dfa.search("aa\xFF"));
  EXPECT_EQ(dfa.state_count(), 4U);
}

TEST(Dfa, MergesColumnsThatNoStateTellsApart) {
  const std::vector<Dfa::State> states{{}, {}, {{0, 3, 0}, true}, {{0, 2, 0}, false}};
  const Dfa dfa(states, 2, columns());
  EXPECT_EQ(dfa.table_bytes(), std::size_t{4} * 2 * sizeof(std::uint32_t));  // 'a', and the rest
}

// State 3 accepts whatever follows, state 4 nothing, though neither says so.
TEST(Dfa, FindsStatesWhoseAnswerIsKnown) {
  const std::vector<Dfa::State> states{
      {}, {}, {{2, 3, 4}, false}, {{3, 3, 1}, true}, {{4, 0, 4}, false}};
  const Dfa dfa(states, 2, columns());
  EXPECT_EQ(dfa.state_count(), 3U);
  EXPECT_FALSE(dfa.search("xx"));
  EXPECT_TRUE(dfa.search("xa"));
  EXPECT_TRUE(dfa.search("xab"));
  EXPECT_FALSE(dfa.search("xb"));
  EXPECT_FALSE(dfa.search("xba"));
}

TEST(Dfa, MayBeDecidedFromTheStart) {
  const std::vector<Dfa::State> states{{}, {}, {{2, 2, 2}, true}};
  EXPECT_TRUE(Dfa(states, 2, columns()).search(""));
  EXPECT_TRUE(Dfa(states, 2, columns()).search("x"));
  EXPECT_TRUE(Dfa(states, Dfa::kAlways, columns()).search(""));
  EXPECT_FALSE(Dfa(states, Dfa::kNever, columns()).search(""));
}

}  // namespace
}  // namespace bb::schema
