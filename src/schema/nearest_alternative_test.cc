#include "schema/nearest_alternative.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// The lines for `json` by `{"oneOf": alternatives}`.
Lines one_of(const std::string& alternatives, const std::string& json) {
  return explain_lines(R"({"oneOf":[)" + alternatives + "]}", json);
}

TEST(NearestAlternative, IsTheOneWhoseRequiredNamesAreThere) {
  EXPECT_THAT(one_of(R"({"required":["leaf"]},)"
                     R"({"required":["kids"],"properties":{"kids":{"items":{"type":"integer"}}}})",
                     R"({"kids":[1,"x","y"]})"),
              ElementsAre(HasSubstr("(the nearest is number 2)"),
                          StartsWith("/kids/1: expected an integer"), StartsWith("/kids/2: ")));
}

TEST(NearestAlternative, IsFoundAtEveryLevelOfATree) {
  EXPECT_THAT(
      one_of(R"({"required":["leaf"]},{"required":["kids"],"properties":{"kids":{"type":"array",)"
             R"("items":{"$ref":"#"}}}})",
             R"({"kids":[{"leaf":1},{"lef":1}]})"),
      ElementsAre(AllOf(StartsWith(": "), HasSubstr("(the nearest is number 2)")),
                  StartsWith("/kids/1: expected to fit exactly one"),
                  AllOf(StartsWith("/kids/1: expected the property \"leaf\""),
                        HasSubstr("did you mean \"leaf\" where it says \"lef\"?"))));
}

TEST(NearestAlternative, HasSomeOfItsNamesRatherThanNone) {
  EXPECT_THAT(one_of(R"({"required":["b"]},)"
                     R"({"required":["a"],"properties":{"a":true},"additionalProperties":false})",
                     R"({"a":1,"more":2,"still":3})"),
              Contains(HasSubstr("(the nearest is number 2)")));
  // Who requires nothing, and refuses every name, is not nearer.
  EXPECT_THAT(one_of(R"({"properties":{"x":true},"additionalProperties":false},)"
                     R"({"required":["a","b"]})",
                     R"({"a":1,"c":2})"),
              Contains(HasSubstr("(the nearest is number 2)")));
}

TEST(NearestAlternative, HasItsFaultsDeeperInTheValue) {
  const std::string text = R"({"properties":{"a":{"type":"string"}}})";
  EXPECT_THAT(
      one_of(text + R"(,{"properties":{"a":{"items":{"type":"integer"}}}})", R"({"a":[1,"x"]})"),
      ElementsAre(HasSubstr("(the nearest is number 2)"), StartsWith("/a/1: ")));
  // Through references and alternatives too.
  EXPECT_THAT(one_of(text + R"(,{"properties":{"a":{"anyOf":[{"type":"null"},)"
                            R"({"items":{"type":"integer"}}]}}})",
                     R"({"a":[1,"x"]})"),
              Contains(StartsWith("/a/1: ")));
}

TEST(NearestAlternative, HasTheFewestFaultsAmongThoseOfOneDepth) {
  EXPECT_THAT(one_of(R"({"items":{"type":"string"}},{"items":{"type":"integer"}})", R"([1,2,"x"])"),
              ElementsAre(HasSubstr("(the nearest is number 2)"), StartsWith("/2: ")));
}

TEST(NearestAlternative, IsToldByItsTagBeforeItsNames) {
  EXPECT_THAT(one_of(R"({"properties":{"kind":{"const":"a"}}},)"
                     R"({"properties":{"kind":{"const":"b"}},"required":["x","y"]})",
                     R"({"kind":"b"})"),
              Contains(HasSubstr("(the nearest is number 2)")));
}

}  // namespace
}  // namespace bb::schema
