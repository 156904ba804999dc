// Every bound, and what strangers may send: the texts of filters, and events.
#include <gmock/gmock.h>

#include <string>

#include "filter/filter_fixture.h"

namespace bb::filter {
namespace {

using testing::HasSubstr;

TEST(FilterBounds, TheTextHasALength) {
  const std::string condition = "payload.yes or ";
  std::string longest;
  while (longest.size() + condition.size() + 4 <= kFilterBytesMax) longest += condition;
  longest += "true";
  longest.resize(kFilterBytesMax, ' ');
  EXPECT_TRUE(chooses(longest, "{}"));
  EXPECT_EQ(fault_of(longest + " "), "a filter has at most 65536 bytes, and this one 65537");
}

TEST(FilterBounds, ParenthesesHaveADepth) {
  EXPECT_TRUE(chooses(repeated(64, "(") + "true" + repeated(64, ")"), "{}"));
  EXPECT_EQ(fault_of(repeated(65, "(") + "true" + repeated(65, ")")),
            "filter, column 65: more than 64 parentheses within each other");
  EXPECT_THAT(fault_of(repeated(kFilterBytesMax, "(")), HasSubstr("column 65: "));
  // What is side by side is not within each other.
  EXPECT_TRUE(chooses(repeated(100, "(true) and ") + "(true)", "{}"));
  EXPECT_TRUE(chooses("not " + repeated(64, "not (") + "false" + repeated(64, ")"), "{}"));
}

TEST(FilterBounds, ListsHaveALength) {
  EXPECT_TRUE(chooses("2 in [" + repeated(1023, "1,") + "2]", "{}"));
  EXPECT_THAT(fault_of("2 in [" + repeated(1024, "1,") + "2]"),
              HasSubstr("column 2055: a list has at most 1024 elements"));
}

TEST(FilterBounds, RegularExpressionsAreFew) {
  const std::string condition = "'a' matches 'a' and ";
  EXPECT_TRUE(chooses(repeated(31, condition) + "'a' matches 'a'", "{}"));
  EXPECT_EQ(fault_of(repeated(32, condition) + "'a' matches 'a'"),
            "filter, column 653: a filter has at most 32 regular expressions");
}

// Each is as long as a text may be, and none recurses.
TEST(FilterBounds, ChainsAreAsLongAsTheyLike) {
  EXPECT_TRUE(chooses(repeated(16'000, "not ") + "true", "{}"));
  EXPECT_FALSE(chooses(repeated(16'001, "not ") + "true", "{}"));
  EXPECT_TRUE(chooses(repeated(65'000, "!") + "true", "{}"));
  EXPECT_TRUE(chooses(repeated(7'000, "true and ") + "true", "{}"));
  EXPECT_FALSE(chooses(repeated(7'000, "true and ") + "false", "{}"));
  EXPECT_TRUE(chooses(repeated(7'000, "false or ") + "true", "{}"));
  EXPECT_TRUE(chooses(repeated(3'000, "false or not true or ") + "true", "{}"));
  EXPECT_FALSE(chooses("exists " + repeated(65'000, "/"), "{}"));
  EXPECT_FALSE(chooses("exists payload" + repeated(21'000, "[0]"), R"({"payload":[[[]]]})"));
}

TEST(FilterBounds, ADeepEventIsReadToItsBottom) {
  const std::string event =
      R"({"payload":)" + repeated(1000, "[") + "7" + repeated(1000, "]") + "}";
  EXPECT_TRUE(chooses("payload" + repeated(1000, "[0]") + " == 7", event));
  EXPECT_TRUE(chooses("payload == payload", event));
  EXPECT_FALSE(chooses("payload == payload[0]", event));
}

// Where the time of a search went with the product of what an event brings along for both of its
// sides, each of these would run for minutes.
TEST(FilterBounds, NoEventMakesASearchQuadratic) {
  const std::string part = repeated(2'000'000, "a");
  EXPECT_FALSE(
      chooses("payload.whole contains payload.part",
              R"({"payload":{"whole":")" + part + part + R"(","part":")" + part + R"(b"}})"));
  const std::string ones = repeated(400'000, "1,");
  EXPECT_FALSE(chooses(
      "payload.part in payload.whole",
      R"({"payload":{"whole":[)" + ones + R"(1],"part":)" + repeated(2'000'000, "1") + "}}"));
  EXPECT_FALSE(chooses("payload.part in payload.whole", R"({"payload":{"whole":[)" +
                                                            repeated(200'000, R"("\n",)") +
                                                            R"(0],"part":"\t)" + part + R"("}})"));
  std::string members;
  for (int i = 0; i < 100'000; ++i) members += "\"" + std::to_string(i) + "\":0,";
  EXPECT_FALSE(chooses("payload.part in payload.whole",
                       R"({"payload":{"whole":[)" + repeated(100'000, "{},") + R"(0],"part":{)" +
                           members + R"("x":0}}})"));
}

}  // namespace
}  // namespace bb::filter
