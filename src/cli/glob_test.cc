#include "cli/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace bb::cli {
namespace {

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("*", "anything"));
  EXPECT_TRUE(matches_glob("a*c", "ac"));
  EXPECT_TRUE(matches_glob("a*b*c", "a.b.b.c"));
  EXPECT_TRUE(matches_glob("*.dead", "orders.dead"));
  EXPECT_TRUE(matches_glob("a?c", "a.c"));
  EXPECT_TRUE(matches_glob("a?c",
                           "a\xc3\xa9"
                           "c"));  // é is one
  EXPECT_TRUE(matches_glob("a[b", "a[b"));
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_FALSE(matches_glob("a", "ab"));
  EXPECT_FALSE(matches_glob("a?", "a"));
  EXPECT_FALSE(matches_glob("a*c", "a.c.d"));
  EXPECT_FALSE(matches_glob("A", "a"));
}

TEST(Glob, ManyStarsTakeNoLonger) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(2000, 'a')));
}

}  // namespace
}  // namespace bb::cli
