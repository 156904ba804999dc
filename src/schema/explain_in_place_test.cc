#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExplainInPlace, ShowsTheAlternativeWhoseTagFits) {
  const std::string schema =
      R"({"oneOf":[{"title":"Cat","properties":{"kind":{"const":"cat"},"lives":{"maximum":9}},)"
      R"("required":["kind"]},)"
      R"({"title":"Dog","properties":{"kind":{"const":"dog"},"name":{"type":"string"}},)"
      R"("required":["kind","name","tail"]}]})";
  EXPECT_THAT(
      explain_lines(schema, R"({"kind":"dog","name":1})"),
      ElementsAre(R"(: expected to fit exactly one of 2 alternatives (the nearest is "Dog"), )"
                  R"(but found {"kind":"dog","name":1} [/oneOf])",
                  R"(: expected the property "tail", but found nothing [/oneOf/1/required])",
                  "/name: expected a string, but found 1 [/oneOf/1/properties/name/type]"));
}

TEST(ExplainInPlace, PrefersTheAlternativeOfTheSameType) {
  EXPECT_THAT(
      explain_lines(R"({"anyOf":[{"type":"string"},{"$ref":"#/$defs/list"}],)"
                    R"("$defs":{"list":{"type":"array","items":{"type":"string"}}}})",
                    R"(["a",1,2,3])"),
      ElementsAre(": expected to fit at least one of 2 alternatives (the nearest is "
                  "https://example.com/s.json#/$defs/list), but found [\"a\",1,2,3] [/anyOf]",
                  "/1: expected a string, but found 1 [/anyOf/1/$ref/items/type]",
                  "/2: expected a string, but found 2 [/anyOf/1/$ref/items/type]",
                  "/3: expected a string, but found 3 [/anyOf/1/$ref/items/type]"));
}

TEST(ExplainInPlace, SaysAtOnceWhatAllAlternativesAccept) {
  EXPECT_THAT(explain_lines(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "1"),
              ElementsAre(": expected a string or null, but found 1 [/anyOf]"));
  EXPECT_THAT(explain_lines(R"({"oneOf":[{"const":"a"},{"enum":[1,2]}]})", R"("b")"),
              ElementsAre(R"(: expected one of "a", 1 and 2, but found "b" [/oneOf])"));
}

TEST(ExplainInPlace, NamesTheAlternativesThatFitTogether) {
  EXPECT_THAT(
      explain_lines(R"({"oneOf":[{"title":"Small","maximum":10},{"type":"string"},{"minimum":5}]})",
                    "7"),
      ElementsAre(": expected to fit exactly one of 3 alternatives, and not \"Small\" and "
                  "number 3, but found 7 [/oneOf]"));
}

TEST(ExplainInPlace, FollowsConditions) {
  const std::string schema =
      R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})";
  EXPECT_THAT(explain_lines(schema, R"({"a":1})"),
              ElementsAre(R"(: expected the property "b", but found nothing [/then/required])"));
  EXPECT_THAT(explain_lines(schema, "{}"),
              ElementsAre(R"(: expected the property "c", but found nothing [/else/required])"));
  EXPECT_THAT(explain_lines(R"({"dependentSchemas":{"a":{"minProperties":2}}})", R"({"a":1})"),
              ElementsAre(": expected at least 2 properties, but found 1 "
                          "[/dependentSchemas/a/minProperties]"));
}

TEST(ExplainInPlace, SaysWhatNotRefuses) {
  EXPECT_THAT(explain_lines(R"({"not":{"title":"Draft"}})", "1"),
              ElementsAre(": expected anything but \"Draft\", but found 1 [/not]"));
  EXPECT_THAT(explain_lines(R"({"not":{"enum":["a","b"]}})", R"("a")"),
              ElementsAre(R"(: expected anything but one of "a" and "b", but found "a" [/not])"));
  EXPECT_THAT(
      explain_lines(R"({"not":{"minimum":1}})", "1"),
      ElementsAre(": expected a value that the schema under \"not\" refuses, but found 1 [/not]"));
}

// 2020-12 core §8.2.3.2: the list's idea of an element comes from whoever refers to it.
TEST(ExplainInPlace, FindsDynamicReferencesThroughTheScope) {
  const std::string schema = R"({"$id":"https://example.com/words","$ref":"list",)"
                             R"("$defs":{"word":{"$dynamicAnchor":"element","type":"string"},)"
                             R"("list":{"$id":"list","items":{"$dynamicRef":"#element"},)"
                             R"("$defs":{"any":{"$dynamicAnchor":"element"}}}}})";
  EXPECT_THAT(explain_lines(schema, R"(["a"])"), IsEmpty());
  EXPECT_THAT(explain_lines(schema, "[1]"),
              ElementsAre("/0: expected a string, but found 1 [/$ref/items/$dynamicRef/type]"));
}

TEST(ExplainInPlace, FindsRecursiveReferencesThroughTheScope) {
  const std::string schema =
      R"({"$schema":"https://json-schema.org/draft/2019-09/schema",)"
      R"("$id":"https://example.com/strict","$recursiveAnchor":true,"$ref":"tree",)"
      R"("unevaluatedProperties":false,)"
      R"("$defs":{"tree":{"$schema":"https://json-schema.org/draft/2019-09/schema",)"
      R"("$id":"tree","$recursiveAnchor":true,)"
      R"("properties":{"data":{},"child":{"$recursiveRef":"#"}}}}})";
  EXPECT_THAT(explain_lines(schema, R"({"child":{"data":1}})"), IsEmpty());
  EXPECT_THAT(explain_lines(schema, R"({"child":{"daat":1}})"),
              ElementsAre(R"(/child/daat: expected no property "daat", but found 1 )"
                          R"([/$ref/properties/child/$recursiveRef/unevaluatedProperties] )"
                          R"(did you mean "data"?)"));
}

}  // namespace
}  // namespace bb::schema
