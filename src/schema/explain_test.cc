#include "schema/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kPerson = R"({
  "$id": "https://example.com/person.json",
  "type": "object",
  "properties": {
    "name": {"type": "string", "minLength": 1},
    "age": {"$ref": "#/$defs/age"},
    "tags/all": {"items": {"type": "string"}}
  },
  "required": ["name"],
  "$defs": {"age": {"type": "integer", "minimum": 0}}
})";

TEST(Explain, SaysNothingOfAValidText) {
  const SchemaReport report = explain_text(kPerson, R"({"name":"Ada","age":36})");
  EXPECT_TRUE(report.valid);
  EXPECT_THAT(report.violations, testing::IsEmpty());
}

TEST(Explain, TellsWhereTheValueAndTheKeywordAre) {
  const SchemaReport report = explain_text(kPerson, R"({"name":"Ada","age":-1})");
  ASSERT_EQ(report.violations.size(), 1U);
  const SchemaViolation& violation = report.violations[0];
  EXPECT_EQ(violation.instance_pointer, "/age");
  EXPECT_EQ(violation.offset, 20U);
  EXPECT_EQ(violation.keyword, "minimum");
  EXPECT_EQ(violation.keyword_location, "/properties/age/$ref/minimum");
  EXPECT_EQ(violation.absolute_keyword_location,
            "https://example.com/person.json#/$defs/age/minimum");
  EXPECT_EQ(violation.expected, "an integer, at least 0");
  EXPECT_EQ(violation.found, "-1");
  EXPECT_EQ(violation.suggestion, "");
}

TEST(Explain, TellsTheAbsolutePlaceOfAKeywordAsAUri) {
  const SchemaReport report =
      explain_text(R"({"properties":{"größe in %":{"type":"null"}}})", R"({"größe in %":1})");
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_EQ(report.violations[0].keyword_location, "/properties/größe in %/type");
  EXPECT_EQ(report.violations[0].absolute_keyword_location,
            "https://example.com/s.json#/properties/gr%C3%B6%C3%9Fe%20in%20%25/type");
}

TEST(Explain, CollectsEverythingInTheOrderOfTheText) {
  EXPECT_THAT(
      explain_lines(kPerson, R"({"tags/all":["a",2,null],"age":1.5,"name":""})"),
      ElementsAre(
          "/tags~1all/1: expected a string, but found 2 [/properties/tags~1all/items/type]",
          "/tags~1all/2: expected a string, but found null [/properties/tags~1all/items/type]",
          "/age: expected an integer, but found 1.5 [/properties/age/$ref/type]",
          "/name: expected a string of at least 1 character, but found \"\" (0 characters) "
          "[/properties/name/minLength]"));
}

TEST(Explain, SortsWhatSeveralSchemasFind) {
  EXPECT_THAT(explain_lines(R"({"properties":{"b":{"type":"null"}},)"
                            R"("allOf":[{"properties":{"a":{"type":"null"}}}]})",
                            R"({"a":1,"b":2})"),
              ElementsAre("/a: expected null, but found 1 [/allOf/0/properties/a/type]",
                          "/b: expected null, but found 2 [/properties/b/type]"));
}

TEST(Explain, CountsLinesAndCharacters) {
  const SchemaReport report =
      explain_text(kPerson, "{\n  \"name\": \"x\",\n  \"tags/all\": [\"äé😀\", 1,\n\"ü\", 2]}");
  ASSERT_EQ(report.violations.size(), 2U);
  EXPECT_EQ(report.violations[0].line, 3U);
  EXPECT_EQ(report.violations[0].column, 23U);
  EXPECT_EQ(report.violations[1].line, 4U);
  EXPECT_EQ(report.violations[1].column, 6U);
}

TEST(Explain, TellsPlacesInTheDocumentAround) {
  SchemaReportOptions options;
  options.pointer_prefix = "/payload";
  options.first_line = 7;
  options.first_column = 14;
  const SchemaReport report = explain_text(kPerson, "{\"name\":1,\n\"age\":null}", options);
  ASSERT_EQ(report.violations.size(), 2U);
  EXPECT_EQ(report.violations[0].instance_pointer, "/payload/name");
  EXPECT_EQ(report.violations[0].offset, 8U);
  EXPECT_EQ(report.violations[0].line, 7U);
  EXPECT_EQ(report.violations[0].column, 22U);
  EXPECT_EQ(report.violations[1].instance_pointer, "/payload/age");
  EXPECT_EQ(report.violations[1].line, 8U);
  EXPECT_EQ(report.violations[1].column, 7U);
}

TEST(Explain, CountsWhatIsBeyondTheLimit) {
  SchemaReportOptions options;
  options.violations_max = 2;
  const SchemaReport report = explain_text(R"({"items":{"type":"null"}})", "[1,2,3,4,5]", options);
  EXPECT_EQ(report.violations.size(), 2U);
  EXPECT_EQ(report.left_out, 3U);
  options.violations_max = 0;
  EXPECT_EQ(explain_text(R"({"items":{"type":"null"}})", "[1,2]", options).left_out, 2U);
}

TEST(Explain, TellsWhatEachKeywordForOneValueExpects) {
  struct Case {
    std::string schema;
    std::string json;
    std::string line;
  };
  const Case cases[] = {
      {R"({"type":["string","null"]})", "1", "a string or null, but found 1 [/type]"},
      {R"({"type":["integer","array","object"]})", "true",
       "an integer, an array or an object, but found true [/type]"},
      {R"({"const":{"a":[1,2]}})", "1", R"({"a":[1,2]}, but found 1 [/const])"},
      {R"({"enum":["red","green",null]})", R"("gren")",
       R"(one of "red", "green" and null, but found "gren" [/enum] did you mean "green"?)"},
      {R"({"const":"completed"})", R"("complete")",
       R"("completed", but found "complete" [/const] did you mean "completed"?)"},
      {R"({"maximum":1e2})", "100.5", "a number, at most 1e2, but found 100.5 [/maximum]"},
      {R"({"exclusiveMinimum":0})", "0", "a number, more than 0, but found 0 [/exclusiveMinimum]"},
      {R"({"exclusiveMaximum":0,"type":"integer"})", "0",
       "an integer, less than 0, but found 0 [/exclusiveMaximum]"},
      {R"({"multipleOf":0.01})", "19.999",
       "a number, a multiple of 0.01, but found 19.999 [/multipleOf]"},
      {R"({"maxLength":2})", R"("äöü")",
       "a string of at most 2 characters, but found \"äöü\" (3 characters) [/maxLength]"},
      {R"({"pattern":"^[a-z]+$"})", R"("A1")",
       R"(a string that matches "^[a-z]+$", but found "A1" [/pattern])"},
      {R"({"format":"uuid"})", R"("x")",
       std::string(format_hint(Format::kUuid)) + R"(, but found "x" [/format])"},
      {"false", "[1, 2]", "nothing here, but found [1,2] []"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(explain_lines(c.schema, c.json), ElementsAre(": expected " + c.line));
  }
}

TEST(Explain, ShortensWhatWasFound) {
  const SchemaReport report =
      explain_text(R"({"type":"null"})", "[\n  \"" + std::string(1000, 'x') + "\"\n]");
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_EQ(report.violations[0].found, "[\"" + std::string(58, 'x') + "…");
}

TEST(Explain, KeepsControlCharactersOut) {
  const auto lines = explain_lines(R"({"type":"null"})", "\"\x7f\xc2\x9b\"");
  EXPECT_THAT(lines, ElementsAre(HasSubstr("found \"??\"")));
}

// The address sanitizer's frames are several times as large, and the stack is bounded.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kDepth = 400;
#else
constexpr std::size_t kDepth = kJsonDepthMax - 1;
#endif

TEST(Explain, GoesAsDeepAsTextsMay) {
  const std::string json = std::string(kDepth, '[') + "1" + std::string(kDepth, ']');
  const SchemaReport report = explain_text(R"({"type":"array","items":{"$ref":"#"}})", json);
  EXPECT_FALSE(report.valid);
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_EQ(report.violations[0].offset, kDepth);
}

// Each alternative leads to the same schema one level down: 2 to the depth without memory.
TEST(Explain, StaysBoundedWhereAlternativesMultiply) {
  const std::string schema =
      R"({"type":"object","required":["x"],"oneOf":[)"
      R"({"properties":{"next":{"$ref":"#"},"x":{"const":1}}},)"
      R"({"properties":{"next":{"$ref":"#"},"x":{"const":2}}},)"
      R"({"properties":{"next":{"anyOf":[{"$ref":"#"},{"$ref":"#"}]},"x":{"const":3}}}]})";
  std::string json = "{\"x\":4}";
  for (int i = 0; i < 200; ++i) json = "{\"x\":1,\"next\":" + json + "}";
  SchemaReport report = explain_text(schema, json);
  EXPECT_FALSE(report.valid);
  EXPECT_FALSE(report.schema_error);
}

}  // namespace
}  // namespace bb::schema
