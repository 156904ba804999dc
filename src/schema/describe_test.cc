#include "schema/describe.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace bb::schema {
namespace {

std::string shortened(const std::string& json) {
  const auto document = JsonDocument::read(std::string(json));
  EXPECT_NE(document, nullptr) << json;
  return shorten(document->view(), 0);
}

std::string values(const std::string& array) {
  const auto document = JsonDocument::read(std::string(array));
  const JsonView& json = document->view();
  std::vector<JsonRef> list;
  for (auto at = 1U; at < json[0].next; at = json[at].next) list.push_back({&json, at});
  return describe_values(list);
}

TEST(Describe, ShortensValues) {
  EXPECT_EQ(shortened("null"), "null");
  EXPECT_EQ(shortened(" -1.50e3 "), "-1.50e3");
  EXPECT_EQ(shortened(R"("a \"b\" c")"), R"("a \"b\" c")");
  EXPECT_EQ(shortened(R"( { "a b" : [ 1 , "x \" ] y" ] , "c":{ } } )"),
            R"({"a b":[1,"x \" ] y"],"c":{}})");
  EXPECT_EQ(shortened("[]"), "[]");
  EXPECT_EQ(shortened("\"" + std::string(100, 'x') + "\""), "\"" + std::string(60, 'x') + "…\"");
  EXPECT_EQ(shortened("[" + std::string(100, '1') + "]"), "[" + std::string(59, '1') + "…");
  EXPECT_EQ(shortened("[[\n" + std::string(100'000, ' ') + "1]]"), "[[1]]");
}

TEST(Describe, CutsBetweenCharacters) {
  std::string text = "[\"x";
  for (int i = 0; i < 40; ++i) text += "é";
  std::string expected = "[\"x";
  for (int i = 0; i < 28; ++i) expected += "é";
  EXPECT_EQ(shortened(text + "\"]"), expected + "…");
}

TEST(Describe, NamesTypes) {
  const auto mask = [](auto... types) { return static_cast<TypeMask>((mask_of(types) | ...)); };
  EXPECT_EQ(describe_types(mask(JsonType::kObject)), "an object");
  EXPECT_EQ(describe_types(mask(JsonType::kNumber, JsonType::kInteger)), "a number");
  EXPECT_EQ(describe_types(mask(JsonType::kInteger, JsonType::kNull)), "an integer or null");
  EXPECT_EQ(describe_types(mask(JsonType::kArray, JsonType::kBoolean, JsonType::kString)),
            "a string, a boolean or an array");
  EXPECT_EQ(describe_types(kAnyType), "any value");
}

TEST(Describe, ListsValues) {
  EXPECT_EQ(values(R"(["a"])"), R"("a")");
  EXPECT_EQ(values(R"(["a",1])"), R"(one of "a" and 1)");
  EXPECT_EQ(values(R"(["a",1,null])"), R"(one of "a", 1 and null)");
  std::string many = "[0";
  for (int i = 1; i < 1000; ++i) many += "," + std::to_string(i);
  const std::string text = values(many + "]");
  EXPECT_EQ(text.substr(0, 16), "one of 0, 1, 2, ");
  EXPECT_TRUE(text.ends_with(", … (1000 in all)")) << text;
  EXPECT_LT(text.size(), 500U);
}

}  // namespace
}  // namespace bb::schema
