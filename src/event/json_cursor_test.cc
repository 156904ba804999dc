#include "event/json_cursor.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace bb::event {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> members(std::string_view object) {
  std::vector<std::string> list;
  JsonMembers cursor(object);
  while (const auto member = cursor.next()) {
    list.push_back(std::string(member->name) + "=" + std::string(member->value));
  }
  EXPECT_FALSE(cursor.next());
  return list;
}

std::vector<std::string> elements(std::string_view array) {
  std::vector<std::string> list;
  JsonElements cursor(array);
  while (const auto element = cursor.next()) list.emplace_back(*element);
  EXPECT_FALSE(cursor.next());
  return list;
}

TEST(JsonCursor, KnowsTheKindOfAValue) {
  EXPECT_EQ(json_kind(" null"), JsonKind::kNull);
  EXPECT_EQ(json_kind("true"), JsonKind::kBoolean);
  EXPECT_EQ(json_kind("false"), JsonKind::kBoolean);
  EXPECT_EQ(json_kind("-1"), JsonKind::kNumber);
  EXPECT_EQ(json_kind("0"), JsonKind::kNumber);
  EXPECT_EQ(json_kind("\n\"null\""), JsonKind::kString);
  EXPECT_EQ(json_kind("[]"), JsonKind::kArray);
  EXPECT_EQ(json_kind("{}"), JsonKind::kObject);
}

TEST(JsonCursor, GivesTheMembersOfAnObjectAsTheyAreWritten) {
  EXPECT_THAT(members("{}"), IsEmpty());
  EXPECT_THAT(members(" { \n} "), IsEmpty());
  EXPECT_THAT(members(R"({"a":1.10})"), ElementsAre("a=1.10"));
  EXPECT_THAT(
      members(R"( { "a" : 1 , "b" : "x, }\"" , "\u0061" : { "c" : [ "]" ] } , "a":null } )"),
      ElementsAre("a=1", R"(b="x, }\"")", R"(\u0061={ "c" : [ "]" ] })", "a=null"));
}

TEST(JsonCursor, GivesTheElementsOfAnArray) {
  EXPECT_THAT(elements("[]"), IsEmpty());
  EXPECT_THAT(elements("[ ]"), IsEmpty());
  EXPECT_THAT(elements("[1,\ttrue\r,\n[2, 3] , {}, \"\\\\\" ]"),
              ElementsAre("1", "true", "[2, 3]", "{}", R"("\\")"));
}

TEST(JsonCursor, StringTextIsBetweenTheQuotes) {
  EXPECT_EQ(string_text(R"("a\"b")"), R"(a\"b)");
  EXPECT_EQ(string_text(R"("")"), "");
}

TEST(JsonCursorDeathTest, ABrokenTextIsABrokenInvariant) {
  EXPECT_DEATH(elements(R"(["a)"), "broken invariant");
  EXPECT_DEATH(elements("[1"), "broken invariant");
  EXPECT_DEATH(members("1"), "broken invariant");
}

}  // namespace
}  // namespace bb::event
