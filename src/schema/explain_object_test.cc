#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExplainObject, SuggestsTheNameThatWasMeant) {
  const SchemaReport report = explain_text(
      R"({"properties":{"language":{"type":"string"},"text":{}},"required":["language"],)"
      R"("additionalProperties":false})",
      R"({"text":"x","langauge":"en"})");
  EXPECT_THAT(lines_of(report),
              ElementsAre(R"(: expected the property "language", but found nothing [/required] )"
                          R"(did you mean "language" where it says "langauge"?)",
                          R"(/langauge: expected no property "langauge", but found "en" )"
                          R"([/additionalProperties] did you mean "language"?)"));
  EXPECT_EQ(report.violations[1].offset, 12U);  // of the name
  EXPECT_EQ(report.violations[1].absolute_keyword_location,
            "https://example.com/s.json#/additionalProperties");
}

TEST(ExplainObject, SuggestsNothingThatIsThereOrFar) {
  EXPECT_THAT(
      explain_lines(R"({"properties":{"language":{}},"additionalProperties":false})",
                    R"({"language":1,"languages":2,"zebra":3})"),
      ElementsAre(
          R"(/languages: expected no property "languages", but found 2 [/additionalProperties])",
          R"(/zebra: expected no property "zebra", but found 3 [/additionalProperties])"));
  EXPECT_THAT(explain_lines(R"({"properties":{"a":{},"b":{}},"required":["b"]})", R"({"c":1})"),
              ElementsAre(R"(: expected the property "b", but found nothing [/required])"));
}

TEST(ExplainObject, FollowsTheSchemasOfMembers) {
  EXPECT_THAT(
      explain_lines(R"({"properties":{"a":false},"patternProperties":{"^n":{"type":"number"}},)"
                    R"("additionalProperties":{"type":"string"},)"
                    R"("propertyNames":{"maxLength":3}})",
                    R"({"a":1,"nn":"x","s":2,"long":"y"})"),
      ElementsAre("/a: expected nothing here, but found 1 [/properties/a]",
                  R"(/nn: expected a number, but found "x" [/patternProperties/^n/type])",
                  "/s: expected a string, but found 2 [/additionalProperties/type]",
                  R"(/long: expected a string of at most 3 characters, but found "long" )"
                  R"((4 characters) [/propertyNames/maxLength])"));
}

TEST(ExplainObject, CountsMembers) {
  EXPECT_THAT(explain_lines(R"({"minProperties":2})", R"({"a":1})"),
              ElementsAre(": expected at least 2 properties, but found 1 [/minProperties]"));
  EXPECT_THAT(explain_lines(R"({"maxProperties":1})", R"({"a":1,"b":2})"),
              ElementsAre(": expected at most 1 property, but found 2 [/maxProperties]"));
}

TEST(ExplainObject, NamesWhatARequirementDependsOn) {
  EXPECT_THAT(explain_lines(R"({"dependentRequired":{"card":["billing"]}})", R"({"card":1})"),
              ElementsAre(R"(: expected the property "billing", because "card" is there, )"
                          R"(but found nothing [/dependentRequired])"));
  EXPECT_THAT(explain_lines(R"({"$schema":"http://json-schema.org/draft-07/schema#",)"
                            R"("dependencies":{"card":["billing"],"x":{"maxProperties":1}}})",
                            R"({"card":1,"x":1})"),
              ElementsAre(R"(: expected the property "billing", because "card" is there, )"
                          R"(but found nothing [/dependencies])",
                          ": expected at most 1 property, but found 2 "
                          "[/dependencies/x/maxProperties]"));
}

TEST(ExplainObject, LeavesWhatOtherSchemasEvaluatedAlone) {
  const std::string schema =
      R"({"allOf":[{"$ref":"#/$defs/base"}],"if":{"required":["kind"]},)"
      R"("then":{"properties":{"kind":{"type":"string"}}},)"
      R"("anyOf":[{"properties":{"b":{"type":"number"}},"required":["b"]},{}],)"
      R"("unevaluatedProperties":false,"$defs":{"base":{"properties":{"summary":{}}}}})";
  EXPECT_THAT(explain_lines(schema, R"({"summary":1,"kind":"k","b":2})"), IsEmpty());
  EXPECT_THAT(explain_lines(schema, R"({"sumary":1,"b":"x"})"),
              ElementsAre(R"(/sumary: expected no property "sumary", but found 1 )"
                          R"([/unevaluatedProperties] did you mean "summary"?)",
                          R"(/b: expected no property "b", but found "x" )"
                          R"([/unevaluatedProperties])"));
}

// A branch that fails has evaluated nothing, but to say so of each of its members would hide why.
TEST(ExplainObject, SaysOnlyWhyAPartFailedAndNotThatItEvaluatedNothing) {
  EXPECT_THAT(explain_lines(R"({"allOf":[{"properties":{"a":{"type":"string"},"b":{}}}],)"
                            R"("unevaluatedProperties":false})",
                            R"({"a":1,"b":2,"c":3})"),
              ElementsAre("/a: expected a string, but found 1 [/allOf/0/properties/a/type]",
                          R"(/c: expected no property "c", but found 3 [/unevaluatedProperties])"));
}

TEST(ExplainObject, SaysOnlyThatNoAlternativeFitsAndNotThatNoneEvaluated) {
  EXPECT_THAT(explain_lines(R"({"anyOf":[{"properties":{"a":{"type":"string"}}}],)"
                            R"("unevaluatedProperties":false})",
                            R"({"a":1})"),
              ElementsAre(R"(: expected to fit the only alternative, but found {"a":1} [/anyOf])",
                          "/a: expected a string, but found 1 [/anyOf/0/properties/a/type]"));
}

TEST(ExplainObject, ChecksEveryValueOfARepeatedName) {
  EXPECT_THAT(explain_lines(R"({"properties":{"a":{"type":"number"}}})", R"({"a":"x","a":1})"),
              ElementsAre(R"(/a: expected a number, but found "x" [/properties/a/type])"));
}

TEST(ExplainObject, ReadsEscapedNames) {
  EXPECT_THAT(explain_lines(R"({"properties":{"a/b":{"type":"null"}},"required":["ü"]})",
                            R"({"a\/\u0062":1,"\u00fc":2})"),
              ElementsAre("/a~1b: expected null, but found 1 [/properties/a~1b/type]"));
}

TEST(ExplainObject, FindsMembersOfLargeObjects) {
  std::string json = "{";
  for (int i = 0; i < 500; ++i) json += "\"n" + std::to_string(i) + "\":1,";
  json += "\"last\":1}";
  EXPECT_THAT(explain_lines(R"({"required":["n0","n250","zebra","last"]})", json),
              ElementsAre(R"(: expected the property "zebra", but found nothing [/required])"));
}

}  // namespace
}  // namespace bb::schema
