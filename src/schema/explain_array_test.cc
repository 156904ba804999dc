#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExplainArray, CountsElements) {
  EXPECT_THAT(explain_lines(R"({"minItems":2})", "[1]"),
              ElementsAre(": expected at least 2 elements, but found 1 [/minItems]"));
  EXPECT_THAT(explain_lines(R"({"maxItems":1})", "[1,2]"),
              ElementsAre(": expected at most 1 element, but found 2 [/maxItems]"));
}

TEST(ExplainArray, FollowsTheSchemasOfElements) {
  EXPECT_THAT(explain_lines(R"({"prefixItems":[{"type":"string"}],"items":{"type":"number"}})",
                            R"([1,2,"x"])"),
              ElementsAre("/0: expected a string, but found 1 [/prefixItems/0/type]",
                          R"(/2: expected a number, but found "x" [/items/type])"));
}

TEST(ExplainArray, CallsKeywordsAsTheDraftDoes) {
  EXPECT_THAT(explain_lines(R"({"$schema":"http://json-schema.org/draft-07/schema#",)"
                            R"("items":[{"type":"string"}],"additionalItems":{"type":"number"}})",
                            R"([1,"x"])"),
              ElementsAre("/0: expected a string, but found 1 [/items/0/type]",
                          R"(/1: expected a number, but found "x" [/additionalItems/type])"));
}

TEST(ExplainArray, SaysOnceThatThereAreTooMany) {
  EXPECT_THAT(explain_lines(R"({"prefixItems":[true,true],"items":false})", "[1,2,3,4]"),
              ElementsAre("/2: expected no more than 2 elements, but found 4 [/items]"));
}

TEST(ExplainArray, NamesTheElementsThatAreEqual) {
  EXPECT_THAT(explain_lines(R"({"uniqueItems":true})", R"([1,{"a":1,"b":2},3,{"b":2,"a":1.0}])"),
              ElementsAre(R"(: expected elements that differ from each other, but found )"
                          R"({"a":1,"b":2} twice, as elements 1 and 3 [/uniqueItems])"));
}

TEST(ExplainArray, CountsWhatContainsFinds) {
  EXPECT_THAT(explain_lines(R"({"contains":{"type":"string"}})", "[1]"),
              ElementsAre(": expected at least 1 element that fits the schema under \"contains\", "
                          "but found 0 [/contains]"));
  EXPECT_THAT(
      explain_lines(R"({"contains":{"title":"word","type":"string"},"minContains":2})", R"(["a"])"),
      ElementsAre(": expected at least 2 elements that fit \"word\", but found 1 [/minContains]"));
  EXPECT_THAT(
      explain_lines(R"({"contains":{"title":"word","type":"string"},"maxContains":1})",
                    R"(["a","b"])"),
      ElementsAre(": expected at most 1 element that fits \"word\", but found 2 [/maxContains]"));
  EXPECT_THAT(explain_lines(R"({"contains":{"type":"string"},"minContains":0})", "[1]"), IsEmpty());
}

TEST(ExplainArray, LeavesWhatOtherKeywordsEvaluatedAlone) {
  const std::string schema =
      R"({"allOf":[{"prefixItems":[true]}],"contains":{"const":7},"unevaluatedItems":false})";
  EXPECT_THAT(explain_lines(schema, "[1,7,7]"), IsEmpty());
  EXPECT_THAT(explain_lines(schema, "[1,7,2]"),
              ElementsAre("/2: expected no further element, but found 2 [/unevaluatedItems]"));
}

TEST(ExplainArray, ContainsEvaluatesNothingIn2019) {
  EXPECT_THAT(explain_lines(R"({"$schema":"https://json-schema.org/draft/2019-09/schema",)"
                            R"("contains":{"const":7},"unevaluatedItems":{"type":"string"}})",
                            R"([7,"x"])"),
              ElementsAre("/0: expected a string, but found 7 [/unevaluatedItems/type]"));
}

}  // namespace
}  // namespace bb::schema
