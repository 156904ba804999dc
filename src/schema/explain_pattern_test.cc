// What is said of a text on which a pattern is given up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A schema whose pattern is too expensive on kSlow, and decides about all that is short.
const std::string kPattern = R"({"pattern":"^(?:(a+)+)+\\1$"})";
const std::string kSlow = "\"" + std::string(60, 'a') + "b\"";
const std::string kGivenUp =
    R"(: not checked: its pattern "^(?:(a+)+)+\1$" is too expensive on this text)";

TEST(ExplainPattern, TellsWhatIsWrongBesideOneThatIsTooExpensive) {
  const SchemaReport report = explain_text(
      R"({"required":["c"],"properties":{"a":)" + kPattern + R"(,"b":{"type":"integer"}}})",
      R"({"a":)" + kSlow + R"(,"b":"x"})");
  EXPECT_FALSE(report.valid);
  EXPECT_TRUE(report.schema_error);
  EXPECT_THAT(report.unfinished, HasSubstr("too expensive"));
  EXPECT_THAT(lines_of(report),
              ElementsAre(HasSubstr("expected the property \"c\""),
                          "/a" + kGivenUp + " [/properties/a/pattern]",
                          "/b: expected an integer, but found \"x\" [/properties/b/type]"));
}

TEST(ExplainPattern, TellsTheSameThroughTheValidator) {
  SchemaSet set;
  const auto uri = set.add("https://example.com/s.json",
                           R"({"properties":{"a":)" + kPattern + R"(,"b":{"type":"integer"}}})");
  ASSERT_TRUE(uri);
  const auto schema = set.compile(*uri);
  ASSERT_TRUE(schema);
  const SchemaReport report =
      SchemaValidator().validate(*schema, R"({"a":)" + kSlow + R"(,"b":"x"})");
  EXPECT_FALSE(report.valid);
  EXPECT_TRUE(report.schema_error);
  EXPECT_THAT(report.violations, SizeIs(2));
  EXPECT_THAT(report.to_text("t"), HasSubstr("t: not everything was checked: "));
}

TEST(ExplainPattern, GoesOnWithTheSamePatternOnOtherTexts) {
  EXPECT_THAT(explain_lines(R"({"items":)" + kPattern + "}", "[" + kSlow + R"(,"aa","x"])"),
              ElementsAre("/0" + kGivenUp + " [/items/pattern]",
                          HasSubstr("/2: expected a string that matches")));
}

// Each search takes a while: a text cannot ask for any number of them.
TEST(ExplainPattern, GivesUpOnAFewTextsAndBeginsNoMore) {
  std::string json = "[" + kSlow;
  for (int i = 0; i < 200; ++i) json += ",\"" + std::string(60, 'a') + std::to_string(i) + "\"";
  SchemaReportOptions options;
  options.violations_max = 1000;
  const SchemaReport report = explain_text(R"({"items":)" + kPattern + "}", json + "]", options);
  EXPECT_THAT(report.violations, SizeIs(201));
  EXPECT_THAT(lines_of(report), Each(HasSubstr(kGivenUp)));
}

// Nothing is said to be wrong that depends on the answer.
TEST(ExplainPattern, ClaimsNothingThatDependsOnIt) {
  const std::string member = R"({")" + std::string(60, 'a') + R"(b":1})";
  struct Case {
    std::string schema;
    std::string json;
    std::string keyword;
  };
  const Case cases[] = {
      {R"({"anyOf":[{"type":"null"},)" + kPattern + "]}", kSlow, "anyOf"},
      {R"({"oneOf":[{"type":"string"},)" + kPattern + "]}", kSlow, "oneOf"},
      {R"({"not":)" + kPattern + "}", kSlow, "not"},
      {R"({"if":)" + kPattern + R"(,"else":false})", kSlow, "if"},
      {R"({"contains":)" + kPattern + "}", "[" + kSlow + "]", "contains"},
      {R"({"patternProperties":{"^(?:(a+)+)+\\1$":true},"additionalProperties":false})", member,
       "patternProperties"},
      {R"({"allOf":[{"if":{"not":{"properties":{"k":)" + kPattern +
           R"(}}},"then":{"properties":{"k":true}}}],"unevaluatedProperties":false})",
       R"({"k":)" + kSlow + "}", "unevaluatedProperties"},
  };
  for (const Case& c : cases) {
    const SchemaReport report = explain_text(c.schema, c.json);
    EXPECT_TRUE(report.schema_error) << c.schema;
    EXPECT_THAT(report.violations, testing::Not(IsEmpty())) << c.schema;
    for (const SchemaViolation& violation : report.violations) {
      EXPECT_NE(violation.not_checked, "") << c.schema << ": " << violation.message();
    }
    EXPECT_EQ(report.violations.back().keyword, c.keyword) << c.schema;
  }
}

TEST(ExplainPattern, SaysWhichAlternativesFitWhateverTheOthersAre) {
  EXPECT_THAT(explain_lines(R"({"oneOf":[true,{"type":"string"},)" + kPattern + "]}", kSlow),
              ElementsAre(HasSubstr("to fit exactly one of 3 alternatives, and not number 1 and")));
}

}  // namespace
}  // namespace bb::schema
