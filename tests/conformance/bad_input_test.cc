// What is wrong, hostile or merely large: a clear error or the right verdict, never a crash and
// never without end. CTest's timeout bounds each.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "bloodbank/schema.h"

namespace bb {
namespace {

using testing::HasSubstr;

constexpr std::size_t kTooDeep = 10'000;

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

Result<CompiledSchema> compile(std::string schema) {
  SchemaSet set;
  auto uri = set.add("https://bad.invalid/schema.json", std::move(schema));
  if (!uri) return fail(std::move(uri).error());
  return set.compile(*uri);
}

// Expects the error, with a message that a person can use: `part` is in it.
void expect_refused(std::string schema, ErrorCode code, std::string_view part) {
  SCOPED_TRACE(schema.substr(0, 100));
  const auto compiled = compile(std::move(schema));
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, code);
  EXPECT_THAT(compiled.error().message, HasSubstr(part));
  EXPECT_LT(compiled.error().message.size(), 2000U);
}

enum class Verdict { kValid, kInvalid, kNotJson, kCannotApply };

// By both ways of asking, which must agree.
Verdict verdict(const CompiledSchema& schema, std::string_view json) {
  SchemaValidator validator;
  const bool valid = validator.is_valid(schema, json);
  const SchemaReport report = validator.validate(schema, json);
  EXPECT_EQ(valid, report.valid);
  EXPECT_LT(report.to_text("input").size(), 20'000U);
  if (report.valid) return Verdict::kValid;
  if (report.json_error) return Verdict::kNotJson;
  if (report.schema_error) return Verdict::kCannotApply;
  EXPECT_FALSE(report.violations.empty());
  return Verdict::kInvalid;
}

Verdict verdict(std::string schema, std::string_view json) {
  const auto compiled = compile(std::move(schema));
  EXPECT_TRUE(compiled) << compiled.error().message;
  return compiled ? verdict(*compiled, json) : Verdict::kCannotApply;
}

TEST(BadSchema, ThatIsNotJsonIsRefusedWithThePlace) {
  expect_refused("{\n  \"type\": string\n}", ErrorCode::kInvalidJson, "2");
  expect_refused("", ErrorCode::kInvalidJson, "");
  expect_refused("{\"title\": \"\xFF\"}", ErrorCode::kInvalidJson, "");
  expect_refused("{\"type\": \"string\"", ErrorCode::kInvalidJson, "");
}

TEST(BadSchema, ThatIsNoSchemaIsRefusedWithThePlace) {
  expect_refused(R"({"type": 12})", ErrorCode::kInvalidSchema, "/type");
  expect_refused(R"({"properties": {"a": {"minLength": -1}}})", ErrorCode::kInvalidSchema,
                 "/properties/a/minLength");
  expect_refused("12", ErrorCode::kInvalidSchema, "");
  expect_refused("[]", ErrorCode::kInvalidSchema, "");
  expect_refused(R"({"pattern": "("})", ErrorCode::kInvalidSchema, "pattern");
  expect_refused(R"({"patternProperties": {"[": true}})", ErrorCode::kInvalidSchema, "[");
  expect_refused(R"({"$schema": "https://dialect.invalid/"})", ErrorCode::kInvalidSchema,
                 "https://dialect.invalid/");
}

TEST(BadSchema, AFaultIsToldOnce) {
  for (const std::string_view schema : {"12", R"({"title": 3})", R"({"allOf": []})"}) {
    const auto compiled = compile(std::string(schema));
    ASSERT_FALSE(compiled);
    EXPECT_THAT(compiled.error().message, testing::Not(HasSubstr("\n")));
  }
}

TEST(BadSchema, EveryFaultIsTold) {
  const auto compiled = compile(R"({"minimum": "1", "required": 3, "items": {"enum": 4}})");
  ASSERT_FALSE(compiled);
  EXPECT_THAT(compiled.error().message, HasSubstr("/minimum"));
  EXPECT_THAT(compiled.error().message, HasSubstr("/required"));
  EXPECT_THAT(compiled.error().message, HasSubstr("/items/enum"));
}

TEST(BadSchema, ThatRefersToNothingIsRefusedWithWhatItNamed) {
  expect_refused(R"({"$ref": "#/$defs/nobody"})", ErrorCode::kInvalidSchema, "nobody");
  expect_refused(R"({"$ref": "#nobody"})", ErrorCode::kInvalidSchema, "nobody");
  expect_refused(R"({"items": {"$ref": "other.json"}})", ErrorCode::kInvalidSchema, "other.json");
  expect_refused(R"({"$ref": "file:///etc/passwd"})", ErrorCode::kInvalidSchema, "passwd");
  expect_refused(R"({"$dynamicRef": "#nobody"})", ErrorCode::kInvalidSchema, "nobody");
  expect_refused(R"({"$ref": "#/%zz"})", ErrorCode::kInvalidSchema, "");
}

// Refused when compiled, or told to be inapplicable when applied; never a verdict, never for ever.
void expect_no_verdict(std::string schema) {
  SCOPED_TRACE(schema);
  const auto compiled = compile(std::move(schema));
  if (!compiled) {
    EXPECT_EQ(compiled.error().code, ErrorCode::kInvalidSchema);
    return;
  }
  EXPECT_EQ(verdict(*compiled, R"({"a": [1, {"b": null}]})"), Verdict::kCannotApply);
}

TEST(BadSchema, ThatRefersToItselfForEver) {
  expect_no_verdict(R"({"$ref": "#"})");
  expect_no_verdict(R"({"allOf": [{"$ref": "#"}]})");
  expect_no_verdict(R"({"anyOf": [{"$ref": "#"}, true]})");
  expect_no_verdict(R"({"oneOf": [{"$ref": "#"}]})");
  expect_no_verdict(R"({"not": {"$ref": "#"}})");
  expect_no_verdict(R"({"if": {"$ref": "#"}, "then": false})");
  expect_no_verdict(R"({"$dynamicRef": "#here", "$dynamicAnchor": "here"})");
  expect_no_verdict(R"({"allOf": [{"$dynamicRef": "#here"}], "$dynamicAnchor": "here"})");
  expect_no_verdict(R"({"$schema": "https://json-schema.org/draft/2019-09/schema",
                        "$recursiveAnchor": true, "$recursiveRef": "#"})");
  expect_no_verdict(R"({"$ref": "#/$defs/a", "$defs": {
      "a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}})");
  expect_no_verdict(R"({"$ref": "#/$defs/a", "$defs": {
      "a": {"dependentSchemas": {"a": {"$ref": "#/$defs/a"}}}}})");
}

TEST(RecursiveSchema, ThatConsumesIsFine) {
  constexpr std::string_view tree =
      R"({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}},
          "additionalProperties": false})";
  EXPECT_EQ(verdict(std::string(tree), R"({"left": {"right": {}}, "right": {}})"), Verdict::kValid);
  EXPECT_EQ(verdict(std::string(tree), R"({"left": {"right": {"up": {}}}})"), Verdict::kInvalid);
}

TEST(DeepSchema, IsRefused) {
  expect_refused(repeated(R"({"not":)", kTooDeep) + "true" + repeated("}", kTooDeep),
                 ErrorCode::kInvalidJson, "");
  expect_refused(repeated("[", kTooDeep) + repeated("]", kTooDeep), ErrorCode::kInvalidJson, "");
}

// 900 is allowed: what recurses must have the room for it.
TEST(DeepSchema, WithinTheLimitIsApplied) {
  constexpr std::size_t depth = 900;
  const std::string schema = repeated(R"({"not":)", depth) + "true" + repeated("}", depth);
  EXPECT_EQ(verdict(schema, "1"), Verdict::kValid);
}

// A string, by way of `length` references.
std::string chain_of_references(std::size_t length) {
  std::string schema = R"({"$ref": "#/$defs/0", "$defs": {)";
  for (std::size_t i = 0; i < length; ++i) {
    schema += '"' + std::to_string(i) + R"(": {"$ref": "#/$defs/)" + std::to_string(i + 1) + "\"},";
  }
  return schema + '"' + std::to_string(length) + R"(": {"type": "string"}}})";
}

TEST(DeepSchema, ChainOfReferencesIsFollowed) {
  for (std::size_t length = 1; length < 300; ++length) {
    const auto compiled = compile(chain_of_references(length));
    ASSERT_TRUE(compiled) << compiled.error().message;
    ASSERT_EQ(verdict(*compiled, "1"), Verdict::kInvalid) << length;
    ASSERT_EQ(verdict(*compiled, "\"text\""), Verdict::kValid) << length;
  }
}

TEST(DeepSchema, VeryLongChainOfReferencesIsFollowedOrRefused) {
  const auto compiled = compile(chain_of_references(kTooDeep));
  if (!compiled) {
    EXPECT_EQ(compiled.error().code, ErrorCode::kInvalidSchema);
    return;
  }
  EXPECT_NE(verdict(*compiled, "1"), Verdict::kValid);
  EXPECT_NE(verdict(*compiled, "\"text\""), Verdict::kInvalid);
}

TEST(DeepPayload, IsNotJsonToUs) {
  const std::string arrays = repeated("[", kTooDeep) + repeated("]", kTooDeep);
  const std::string objects = repeated(R"({"a":)", kTooDeep) + "1" + repeated("}", kTooDeep);
  for (const std::string_view schema :
       {R"(true)", R"({"items": {"$ref": "#"}})",
        R"({"properties": {"a": {"$ref": "#"}}, "unevaluatedProperties": false})"}) {
    EXPECT_EQ(verdict(std::string(schema), arrays), Verdict::kNotJson);
    EXPECT_EQ(verdict(std::string(schema), objects), Verdict::kNotJson);
    EXPECT_EQ(verdict(std::string(schema), repeated("[", kTooDeep)), Verdict::kNotJson);
  }
}

TEST(DeepPayload, WithinTheLimitIsValidated) {
  constexpr std::size_t depth = 1000;
  const std::string deep = repeated(R"({"a":)", depth) + "1" + repeated("}", depth);
  const std::string wrong = repeated(R"({"a":)", depth) + "\"1\"" + repeated("}", depth);
  constexpr std::string_view schema =
      R"({"anyOf": [{"type": "integer"},
                    {"type": "object", "properties": {"a": {"$ref": "#"}}}]})";
  EXPECT_EQ(verdict(std::string(schema), deep), Verdict::kValid);
  EXPECT_EQ(verdict(std::string(schema), wrong), Verdict::kInvalid);
}

TEST(LargePayload, LongString) {
  constexpr std::size_t bytes = 100'000'000;
  const std::string text = '"' + std::string(bytes, 'a') + '"';
  EXPECT_EQ(verdict(R"({"type": "string", "minLength": 100000000})", text), Verdict::kValid);
  EXPECT_EQ(verdict(R"({"type": "string", "maxLength": 99999999})", text), Verdict::kInvalid);
}

TEST(LargePayload, ManyNumbers) {
  const std::string numbers = "[" + repeated("12345678,", 11'000'000) + "1]";
  EXPECT_EQ(verdict(R"({"items": {"type": "integer", "maximum": 12345678}})", numbers),
            Verdict::kValid);
  EXPECT_EQ(verdict(R"({"items": {"type": "integer", "minimum": 2}})", numbers), Verdict::kInvalid);
  EXPECT_EQ(verdict(R"({"items": {"type": "string"}})", numbers), Verdict::kInvalid);
}

TEST(LargePayload, ManyDifferentItemsThatMustDiffer) {
  std::string items = "[";
  for (int i = 0; i < 1'000'000; ++i) items += std::to_string(i) + ",";
  EXPECT_EQ(verdict(R"({"uniqueItems": true})", items + "1.5]"), Verdict::kValid);
  EXPECT_EQ(verdict(R"({"uniqueItems": true})", items + "4.0e0]"), Verdict::kInvalid);
}

TEST(LargePayload, ManyMembers) {
  std::string object = "{";
  for (int i = 0; i < 300'000; ++i) object += "\"m" + std::to_string(i) + "\": 1,";
  object += "\"last\": 1}";
  EXPECT_EQ(
      verdict(R"({"required": ["last"], "unevaluatedProperties": {"type": "integer"}})", object),
      Verdict::kValid);
  EXPECT_EQ(verdict(R"({"patternProperties": {"^m[0-9]+$": true}, "additionalProperties": false})",
                    object),
            Verdict::kInvalid);
}

TEST(BadPayload, InvalidUtf8IsNotJson) {
  for (const std::string_view text :
       {"\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "{\"a\xFE\": 1}", "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(verdict("true", text), Verdict::kNotJson);
    EXPECT_EQ(verdict("{}", text), Verdict::kNotJson);
  }
}

TEST(BadPayload, TornTextIsNotJson) {
  const std::string_view whole = R"({"a": [1.5e3, "x\u00e4", true, null]})";
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    SCOPED_TRACE(kept);
    EXPECT_EQ(verdict("{}", whole.substr(0, kept)), Verdict::kNotJson);
  }
  EXPECT_EQ(verdict("{}", whole), Verdict::kValid);
  EXPECT_EQ(verdict("{}", std::string(whole) + "1"), Verdict::kNotJson);
}

// The header: every value of a repeated name is checked.
TEST(BadPayload, DuplicateNamesAreAllChecked) {
  constexpr std::string_view schema = R"({"properties": {"a": {"type": "integer"}}})";
  EXPECT_EQ(verdict(std::string(schema), R"({"a": 1, "a": 2})"), Verdict::kValid);
  EXPECT_EQ(verdict(std::string(schema), R"({"a": 1, "a": "x"})"), Verdict::kInvalid);
  EXPECT_EQ(verdict(std::string(schema), R"({"a": "x", "a": 1})"), Verdict::kInvalid);
  EXPECT_EQ(verdict(std::string(schema), R"({"a": "x", "\u0061": 1})"), Verdict::kInvalid);
}

TEST(HostilePattern, NestedRepetitionEnds) {
  const std::string text = '"' + std::string(50, 'a') + "b\"";
  EXPECT_EQ(verdict(R"({"pattern": "^(a+)+$"})", text), Verdict::kInvalid);
  EXPECT_EQ(verdict(R"({"pattern": "^(a|a)*$"})", text), Verdict::kInvalid);
  EXPECT_EQ(verdict(R"({"pattern": "^(a|aa)+$"})", text), Verdict::kInvalid);
  EXPECT_EQ(verdict(R"({"pattern": "(.*a){20}$"})", text), Verdict::kInvalid);
  EXPECT_EQ(verdict(R"({"patternProperties": {"^(a+)+$": false}})", "{" + text + ": 1}"),
            Verdict::kValid);
}

// What only backtracking can decide may be given up, but ends.
TEST(HostilePattern, BackReferencesEnd) {
  const std::string text = '"' + std::string(50, 'a') + "b\"";
  for (const std::string_view schema :
       {R"re({"pattern": "^(a+)+\\1$"})re", R"re({"pattern": "^(?=(a+)+$)"})re"}) {
    const Verdict found = verdict(std::string(schema), text);
    EXPECT_TRUE(found == Verdict::kInvalid || found == Verdict::kCannotApply);
  }
}

TEST(HostilePattern, LargeOnesCompileOrAreRefused) {
  for (const std::string_view schema :
       {R"({"pattern": "^(((a{1,1000}){1,1000}){1,1000})$"})",
        R"({"pattern": "^(\\p{L}{1,500}){1,500}$"})", R"({"pattern": "(.*x.{400}){3}"})"}) {
    SCOPED_TRACE(schema);
    const auto compiled = compile(std::string(schema));
    if (compiled) {
      EXPECT_NE(verdict(*compiled, R"("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab1")"), Verdict::kNotJson);
    } else {
      EXPECT_EQ(compiled.error().code, ErrorCode::kInvalidSchema);
    }
  }
}

// Two branches that both recurse: 2^60 ways down, if none is remembered.
TEST(HostileSchema, ChoicesThatDoubleWithDepthEnd) {
  constexpr std::size_t depth = 60;
  const std::string text = repeated("[", depth) + "\"end\"" + repeated("]", depth);
  for (const std::string_view keyword : {"oneOf", "anyOf", "allOf"}) {
    SCOPED_TRACE(keyword);
    const std::string schema = R"({")" + std::string(keyword) + R"(": [
      {"type": ["array", "number"], "items": {"$ref": "#"}},
      {"type": ["array", "number"], "items": {"$ref": "#"}, "maxItems": 1}]})";
    const Verdict found = verdict(schema, text);
    EXPECT_TRUE(found == Verdict::kInvalid || found == Verdict::kCannotApply);
  }
}

TEST(HostileSchema, DefinitionsThatDoubleEnd) {
  std::string schema = R"({"$ref": "#/$defs/0", "$defs": {)";
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) {
    const std::string next = R"({"$ref": "#/$defs/)" + std::to_string(i + 1) + "\"}";
    schema.append("\"").append(std::to_string(i)).append(R"(": {"allOf": [)");
    schema.append(next).append(",").append(next).append("]},");
  }
  schema += '"' + std::to_string(count) + R"(": {"type": "string"}}})";
  const auto compiled = compile(schema);
  if (!compiled) {
    EXPECT_EQ(compiled.error().code, ErrorCode::kInvalidSchema);
    return;
  }
  EXPECT_NE(verdict(*compiled, "\"text\""), Verdict::kInvalid);
  EXPECT_NE(verdict(*compiled, "1"), Verdict::kValid);
}

TEST(HostileSchema, HugeNumbersAreExact) {
  const std::string nines(400, '9');
  EXPECT_EQ(verdict("{\"maximum\": " + nines + "}", nines), Verdict::kValid);
  EXPECT_EQ(verdict("{\"maximum\": " + nines + "}", nines + ".1"), Verdict::kInvalid);
  EXPECT_EQ(verdict(R"({"type": "integer"})", "1e1000000000"), Verdict::kValid);
  EXPECT_EQ(verdict(R"({"minimum": 0})", "-1e-1000000000"), Verdict::kInvalid);
  const Verdict multiple = verdict(R"({"multipleOf": 7})", "1e999999999999");
  EXPECT_NE(multiple, Verdict::kValid);  // no power of ten is one
}

}  // namespace
}  // namespace bb
