#include "cli/json_stream.h"

#include <gmock/gmock.h>

#include <string>

namespace bb::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(std::string_view stream) {
  std::vector<std::string> out;
  for (const StreamValue& value : split_json_stream(stream)) out.emplace_back(value.text);
  return out;
}

TEST(JsonStream, OneValueComesWithoutTheWhiteSpaceAroundIt) {
  EXPECT_THAT(texts(" {\"a\": 1}\n"), ElementsAre("{\"a\": 1}"));
  EXPECT_THAT(texts("{\"a\":1}"), ElementsAre("{\"a\":1}"));
}

TEST(JsonStream, NothingHoldsNoValue) {
  EXPECT_THAT(texts(""), IsEmpty());
  EXPECT_THAT(texts(" \r\n\t\n"), IsEmpty());
}

TEST(JsonStream, CutsLines) {
  EXPECT_THAT(texts("{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}"),
              ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
}

TEST(JsonStream, CutsConcatenatedAndPrettyPrintedValues) {
  EXPECT_THAT(texts("{\"a\":1}{\"b\":[{}]}"), ElementsAre("{\"a\":1}", "{\"b\":[{}]}"));
  EXPECT_THAT(texts("{\n  \"a\": {\n  }\n}\n{\n}\n"), ElementsAre("{\n  \"a\": {\n  }\n}", "{\n}"));
}

TEST(JsonStream, BracketsWithinStringsDoNotCount) {
  EXPECT_THAT(texts(R"({"a":"}{"}{"b":"\"}"}{"c":"\\"})"),
              ElementsAre(R"({"a":"}{"})", R"({"b":"\"}"})", R"({"c":"\\"})"));
}

TEST(JsonStream, OtherValuesAreCutAtWhiteSpace) {
  EXPECT_THAT(texts("1 \"two 2\" true{}"), ElementsAre("1", "\"two 2\"", "true", "{}"));
  EXPECT_THAT(texts("{},{}"), ElementsAre("{}", ",", "{}"));
  EXPECT_THAT(texts("]"), ElementsAre("]"));
}

TEST(JsonStream, ValueThatIsNotClosedRunsToTheEnd) {
  EXPECT_THAT(texts("{}\n{\"a\":\n{}\n"), ElementsAre("{}", "{\"a\":\n{}"));
  EXPECT_THAT(texts("\"open\\"), ElementsAre("\"open\\"));
}

TEST(JsonStream, SaysWhereEachValueBegins) {
  const auto values = split_json_stream("{}\n  {\n}\n\"é\" {}");
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[0].line, 1u);
  EXPECT_EQ(values[0].column, 1u);
  EXPECT_EQ(values[1].line, 2u);
  EXPECT_EQ(values[1].column, 3u);
  EXPECT_EQ(values[3].line, 4u);
  EXPECT_EQ(values[3].column, 5u);
}

TEST(JsonStream, PlacesAnErrorOfAValueInTheStream) {
  const StreamValue value{"", 4, 5};
  JsonError first_line;
  first_line.column = 2;
  EXPECT_EQ(locate_in_stream(first_line, value).line, 4u);
  EXPECT_EQ(locate_in_stream(first_line, value).column, 6u);
  JsonError third_line;
  third_line.line = 3;
  third_line.column = 2;
  EXPECT_EQ(locate_in_stream(third_line, value).line, 6u);
  EXPECT_EQ(locate_in_stream(third_line, value).column, 2u);
}

}  // namespace
}  // namespace bb::cli
