#include "schema/json_equal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace bb::schema {
namespace {

using testing::Eq;
using testing::Optional;
using testing::Pair;

std::unique_ptr<const JsonDocument> read(std::string text) {
  auto document = JsonDocument::read(std::string(text));
  EXPECT_NE(document, nullptr) << text;
  return document;
}

bool equal(const std::string& a, const std::string& b) {
  EqualityScratch scratch;
  const auto a_document = read(a);
  const auto b_document = read(b);
  const bool result = json_equal(a_document->view(), 0, b_document->view(), 0, scratch);
  EXPECT_EQ(result, json_equal(b_document->view(), 0, a_document->view(), 0, scratch));
  const auto a_hash = json_hash(a_document->view(), 0, scratch);
  const auto b_hash = json_hash(b_document->view(), 0, scratch);
  EXPECT_EQ(result, a_hash == b_hash) << "hashes of " << a << " and " << b;
  EXPECT_TRUE(scratch.hashes.empty());
  return result;
}

auto equal_pair(const std::string& array) {
  EqualityScratch scratch;
  const auto document = read(array);
  const auto pair = find_equal_pair(document->view(), 0, scratch);
  EXPECT_EQ(all_unique(document->view(), 0, scratch), !pair.has_value());
  EXPECT_TRUE(scratch.hashes.empty());
  return pair;
}

std::string repeat(int count, const std::function<std::string(int)>& element) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + element(i);
  return text;
}

// An object of `count` members "n<i>": i, from the first or from the last.
std::string object_of(int count, bool backwards, const std::string& more = "") {
  return "{" +
         repeat(count,
                [&](int i) {
                  const auto n = std::to_string(backwards ? count - 1 - i : i);
                  return "\"n" + n + "\":" + n;
                }) +
         more + "}";
}

TEST(JsonEqual, ComparesByValue) {
  EXPECT_TRUE(equal("null", " null "));
  EXPECT_TRUE(equal("true", "true"));
  EXPECT_FALSE(equal("true", "false"));
  EXPECT_TRUE(equal("1", "1.0"));
  EXPECT_TRUE(equal("100", "1e2"));
  EXPECT_TRUE(equal("0", "-0"));
  EXPECT_TRUE(equal("0.5", "5E-1"));
  EXPECT_FALSE(equal("9007199254740992", "9007199254740993"));
  EXPECT_TRUE(equal(R"("aé\n")", R"("\u0061\u00e9\u000A")"));
  EXPECT_TRUE(equal(R"("😀")", R"("\ud83d\ude00")"));
  EXPECT_FALSE(equal(R"("\ud83d")", R"("\ud83e")"));
  EXPECT_FALSE(equal(R"("\u00e9")", R"("e\u0301")"));  // characters are not normalised
  EXPECT_TRUE(equal("[1, [2]]", "[1.0,[2]]"));
  EXPECT_FALSE(equal("[1,2]", "[2,1]"));
  EXPECT_FALSE(equal("[1]", "[1,2]"));
  EXPECT_FALSE(equal("[]", "[[]]"));
}

TEST(JsonEqual, TellsTypesApart) {
  const std::string values[] = {"null",   "false", "true", "0",   "1",      "0.5",      R"("")",
                                R"("0")", "[]",    "{}",   "[0]", "[null]", R"({"":0})"};
  for (const auto& a : values) {
    for (const auto& b : values) EXPECT_EQ(equal(a, b), &a == &b) << a << " " << b;
  }
}

TEST(JsonEqual, ObjectsHaveNoOrder) {
  EXPECT_TRUE(equal(R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"d":3,"c":2},"a":1.0})"));
  EXPECT_TRUE(equal(R"({"a":1})", R"({"\u0061":1})"));
  EXPECT_FALSE(equal(R"({"a":1,"b":2})", R"({"a":2,"b":1})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"a":1,"b":1})"));
  EXPECT_FALSE(equal(R"({"a":1,"b":1})", R"({"a":1,"c":1})"));
  EXPECT_TRUE(equal(object_of(1000, false), object_of(1000, true)));
  EXPECT_FALSE(equal(object_of(1000, false), object_of(999, true)));
  EXPECT_FALSE(equal(object_of(1000, false), object_of(1000, true, R"(,"n500":0)")));
}

TEST(JsonEqual, TheLastOfRepeatedNamesCounts) {
  EXPECT_TRUE(equal(R"({"a":1,"a":2})", R"({"a":2})"));
  EXPECT_FALSE(equal(R"({"a":1,"a":2})", R"({"a":1})"));
  EXPECT_FALSE(equal(R"({"a":1,"a":1})", R"({"a":1,"b":1})"));
  EXPECT_TRUE(equal(R"({"a":1,"b":2,"\u0061":3})", R"({"a":3,"b":2,"b":2})"));
  EXPECT_TRUE(
      equal(object_of(100, false, R"(,"n7":"x")"), object_of(100, true, R"(,"n7":1,"n7":"x")")));
  EXPECT_TRUE(equal(object_of(8, false), object_of(8, true, R"(,"n0":1,"n0":0)")));
}

TEST(JsonEqual, GoesAsDeepAsTextsMay) {
  const std::string deep = std::string(1023, '[') + "1" + std::string(1023, ']');
  const std::string other = std::string(1023, '[') + "2" + std::string(1023, ']');
  EXPECT_TRUE(equal(deep, deep));
  EXPECT_FALSE(equal(deep, other));
}

TEST(AllUnique, NamesTheFirstPair) {
  EXPECT_THAT(equal_pair("[]"), Eq(std::nullopt));
  EXPECT_THAT(equal_pair("[1]"), Eq(std::nullopt));
  EXPECT_THAT(equal_pair(R"([1,true,"1",[1],{"a":1},null,0,false])"), Eq(std::nullopt));
  EXPECT_THAT(equal_pair("[3,1,2,1.0,3]"), Optional(Pair(1, 3)));
  EXPECT_THAT(equal_pair(R"([{"a":1,"b":2},[],{"b":2,"a":1}])"), Optional(Pair(0, 2)));
  EXPECT_THAT(equal_pair("[5,5,5]"), Optional(Pair(0, 1)));
}

TEST(AllUnique, NamesTheFirstPairOfLargeArrays) {
  const auto numbers = [](int i) { return std::to_string(i); };
  EXPECT_THAT(equal_pair("[" + repeat(100, numbers) + "]"), Eq(std::nullopt));
  EXPECT_THAT(equal_pair("[" + repeat(100, numbers) + ",70,1e1,3]"), Optional(Pair(70, 100)));
  EXPECT_THAT(equal_pair("[[1,[2]]," + repeat(100, numbers) + ",[1,[2.0]]]"),
              Optional(Pair(0, 101)));
  EXPECT_THAT(equal_pair("[" + repeat(20, [](int i) { return "\"" + std::to_string(i) + "\""; }) +
                         R"(,"1\u0032"])"),
              Optional(Pair(12, 20)));
  EXPECT_THAT(equal_pair("[" + repeat(50, [](int i) { return object_of(i, i % 2 == 0); }) + "," +
                         object_of(40, false) + "]"),
              Optional(Pair(40, 50)));
}

// Would not end within any patience if it took the square of the elements or members.
TEST(AllUnique, CopesWithAMillionElements) {
  constexpr int kCount = 1'000'000;
  const auto numbers = [](int i) { return std::to_string(i); };
  EXPECT_THAT(equal_pair("[" + repeat(kCount, numbers) + "]"), Eq(std::nullopt));
  EXPECT_THAT(equal_pair("[" + repeat(kCount, [](int) { return "0"; }) + "]"),
              Optional(Pair(0, 1)));
  const std::string object = object_of(kCount / 10, false);
  EXPECT_THAT(equal_pair("[" + object + "," + object_of(kCount / 10, true) + "]"),
              Optional(Pair(0, 1)));
  EXPECT_THAT(equal_pair("[{" + repeat(kCount, [](int i) { return "\"a\":" + std::to_string(i); }) +
                         "},{\"a\":999999}]"),
              Optional(Pair(0, 1)));
}

}  // namespace
}  // namespace bb::schema
