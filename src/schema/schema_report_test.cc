#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bloodbank/envelope.h"
#include "bloodbank/schema.h"

namespace bb {
namespace {

using testing::HasSubstr;
using testing::Not;

SchemaViolation low_confidence() {
  return {.instance_pointer = "/confidence",
          .offset = 40,
          .line = 3,
          .column = 14,
          .keyword = "minimum",
          .keyword_location = "/properties/confidence/$ref/minimum",
          .absolute_keyword_location = "https://33god.dev/schemas/common.json#/$defs/c/minimum",
          .expected = "a number, at least 0",
          .found = "-0.25",
          .suggestion = ""};
}

SchemaViolation misspelt_name() {
  return {.instance_pointer = "/langauge",
          .offset = 2,
          .line = 1,
          .column = 2,
          .keyword = "additionalProperties",
          .keyword_location = "/additionalProperties",
          .absolute_keyword_location = "https://33god.dev/schemas/a.json#/additionalProperties",
          .expected = "no other property",
          .found = "\"langauge\"",
          .suggestion = "did you mean \"language\"?"};
}

TEST(SchemaViolation, SaysWhatWasExpectedAndFound) {
  EXPECT_EQ(low_confidence().message(), "expected a number, at least 0, but found -0.25");
}

TEST(SchemaViolation, SaysWhatItKnows) {
  SchemaViolation violation = low_confidence();
  violation.found = "";
  EXPECT_EQ(violation.message(), "expected a number, at least 0");
  violation = low_confidence();
  violation.expected = "";
  EXPECT_EQ(violation.message(), "found -0.25");
}

TEST(SchemaReport, TextLeadsEachViolationByItsPlace) {
  SchemaReport report;
  report.violations = {low_confidence(), misspelt_name()};
  EXPECT_EQ(report.to_text("event.json"),
            "event.json:3:14: /confidence: expected a number, at least 0, but found -0.25\n"
            "  schema: https://33god.dev/schemas/common.json#/$defs/c/minimum\n"
            "event.json:1:2: /langauge: expected no other property, but found \"langauge\"\n"
            "  schema: https://33god.dev/schemas/a.json#/additionalProperties\n"
            "  did you mean \"language\"?\n");
}

TEST(SchemaReport, TextOfTheWholeHasNoPointer) {
  SchemaReport report;
  report.violations = {low_confidence()};
  report.violations[0].instance_pointer = "";
  report.violations[0].line = 0;
  EXPECT_THAT(report.to_text("event.json"), testing::StartsWith("event.json: expected a number"));
}

TEST(SchemaReport, TextEndsWithWhatWasLeftOut) {
  SchemaReport report;
  report.violations = {low_confidence()};
  report.left_out = 7;
  EXPECT_THAT(report.to_text("event.json"),
              testing::EndsWith("event.json: 7 more that are wrong\n"));
}

TEST(SchemaReport, TextOfAValidTextIsEmpty) {
  SchemaReport report;
  report.valid = true;
  EXPECT_EQ(report.to_text("event.json"), "");
}

TEST(SchemaReport, TextOfWhatIsNotJson) {
  SchemaReport report;
  report.json_error = JsonError{.offset = 9, .line = 2, .column = 5, .reason = "expected ','"};
  EXPECT_EQ(report.to_text("event.json"), "event.json:2:5: not JSON: expected ','\n");
}

TEST(SchemaReport, TextOfASchemaThatCannotBeApplied) {
  SchemaReport report;
  report.schema_error = Error{ErrorCode::kInvalidSchema, "it refers to itself for ever"};
  EXPECT_EQ(report.to_text("event.json"),
            "event.json: the schema cannot be applied: it refers to itself for ever\n");
}

TEST(SchemaReport, SaysThatNotEverythingWasChecked) {
  SchemaReport report;
  report.schema_error = Error{ErrorCode::kInvalidSchema, "a pattern takes too long"};
  report.unfinished = "its pattern is too expensive";
  report.violations = {low_confidence(), misspelt_name()};
  report.violations[1].not_checked = "its pattern is too expensive";
  const std::string text = report.to_text("event.json");
  EXPECT_THAT(text, testing::StartsWith("event.json:3:14: /confidence: expected a number"));
  EXPECT_THAT(text, HasSubstr("event.json:1:2: /langauge: not checked: its pattern is too "));
  EXPECT_THAT(text, testing::EndsWith("\nevent.json: not everything was checked: its pattern is "
                                      "too expensive\n"));
  const std::string json = report.to_basic_json();
  EXPECT_THAT(json, HasSubstr(R"("notChecked":"its pattern is too expensive"}])"));
  EXPECT_THAT(json, testing::EndsWith(R"(],"unfinished":"its pattern is too expensive"})"));
}

TEST(SchemaReport, TextKeepsControlCharactersFromTheTerminal) {
  SchemaReport report;
  report.violations = {misspelt_name()};
  report.violations[0].found = "\"\x1b[2J\xc2\x9b\x7f\"";
  report.violations[0].instance_pointer = "/\x1b[2J";
  report.violations[0].suggestion = "did you mean \"\x07\"?";
  const std::string text = report.to_text("e\x1bvent.json");
  for (const char* control : {"\x1b", "\xc2\x9b", "\x7f", "\x07"}) {
    EXPECT_THAT(text, Not(HasSubstr(control)));
  }
  EXPECT_THAT(text, HasSubstr("/?[2J: expected no other property, but found \"?[2J??\""));
}

TEST(SchemaReport, JsonOfAValidText) {
  SchemaReport report;
  report.valid = true;
  EXPECT_EQ(report.to_basic_json(), R"({"valid":true})");
}

TEST(SchemaReport, JsonHasTheUnitsOfTheBasicFormat) {
  SchemaReport report;
  report.violations = {low_confidence(), misspelt_name()};
  report.left_out = 2;
  EXPECT_EQ(report.to_basic_json(),
            R"({"valid":false,"errors":[)"
            R"({"keywordLocation":"/properties/confidence/$ref/minimum",)"
            R"("absoluteKeywordLocation":"https://33god.dev/schemas/common.json#/$defs/c/minimum",)"
            R"("instanceLocation":"/confidence",)"
            R"("error":"expected a number, at least 0, but found -0.25","line":3,"column":14,)"
            R"("expected":"a number, at least 0","found":"-0.25"},)"
            R"({"keywordLocation":"/additionalProperties",)"
            R"("absoluteKeywordLocation":"https://33god.dev/schemas/a.json#/additionalProperties",)"
            R"("instanceLocation":"/langauge",)"
            R"("error":"expected no other property, but found \"langauge\"","line":1,"column":2,)"
            R"("expected":"no other property","found":"\"langauge\"",)"
            R"("suggestion":"did you mean \"language\"?"}],"leftOut":2})");
}

TEST(SchemaReport, JsonOfWhatIsNotJson) {
  SchemaReport report;
  report.json_error = JsonError{.offset = 9, .line = 2, .column = 5, .reason = "expected ','"};
  EXPECT_EQ(report.to_basic_json(),
            R"({"valid":false,"errors":[{"keywordLocation":"","instanceLocation":"",)"
            R"("error":"not JSON: expected ','","line":2,"column":5}]})");
}

TEST(SchemaReport, JsonOfASchemaThatCannotBeApplied) {
  SchemaReport report;
  report.schema_error = Error{ErrorCode::kInvalidSchema, "it refers to itself for ever"};
  EXPECT_EQ(report.to_basic_json(),
            R"({"valid":false,"errors":[{"keywordLocation":"","instanceLocation":"",)"
            R"("error":"the schema cannot be applied: it refers to itself for ever"}]})");
}

// A name such as "\ud800" has no UTF-8; the output is JSON all the same.
TEST(SchemaReport, JsonIsUtf8WhateverTheNames) {
  SchemaReport report;
  report.violations = {low_confidence()};
  report.violations[0].instance_pointer = "/\xED\xA0\x80";
  EXPECT_TRUE(check_json(report.to_basic_json()).has_value());
}

}  // namespace
}  // namespace bb
