// What the official suite does not look at: how schemas are merged, large objects, and values that
// are written in unusual ways. The suite itself is in tests/conformance/.
#include "schema/evaluator.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "bloodbank/schema.h"
#include "schema/allocation_count.h"
#include "schema/compiled_schema.h"

namespace bb::schema {
namespace {

CompiledSchema compile(std::string text) {
  SchemaSet set;
  const auto uri = set.add("https://example.test/s.json", std::move(text));
  EXPECT_TRUE(uri) << uri.error().message;
  auto schema = set.compile(*uri);
  EXPECT_TRUE(schema) << schema.error().message;
  return *std::move(schema);
}

bool accepts(const CompiledSchema& schema, std::string_view json) {
  SchemaValidator validator;
  const bool valid = validator.is_valid(schema, json);
  EXPECT_EQ(validator.validate(schema, json).valid, valid) << json;
  return valid;
}

TEST(Evaluator, PartsOfAllOfThatSpeakOfOneNameAllCount) {
  const CompiledSchema schema = compile(R"({
      "allOf":[{"$ref":"#/$defs/base"},{"properties":{"n":{"maximum":10}},"required":["m"]}],
      "properties":{"n":{"multipleOf":2}},
      "$defs":{"base":{"type":"object","properties":{"n":{"minimum":5}},"required":["n"]}}})");
  EXPECT_EQ(schema.impl().program.objects.size(), 1U);
  EXPECT_TRUE(accepts(schema, R"({"n":6,"m":0})"));
  EXPECT_FALSE(accepts(schema, R"({"n":7,"m":0})"));
  EXPECT_FALSE(accepts(schema, R"({"n":4,"m":0})"));
  EXPECT_FALSE(accepts(schema, R"({"n":12,"m":0})"));
  EXPECT_FALSE(accepts(schema, R"({"n":6})"));
  EXPECT_FALSE(accepts(schema, R"({"m":6})"));
  EXPECT_FALSE(accepts(schema, "1"));
}

TEST(Evaluator, AdditionalPropertiesKeepsToTheNamesBesideIt) {
  const CompiledSchema schema = compile(R"({
      "allOf":[{"properties":{"a":true},"additionalProperties":false}],"properties":{"b":true}})");
  EXPECT_TRUE(accepts(schema, R"({"a":1})"));
  EXPECT_FALSE(accepts(schema, R"({"b":1})"));
}

TEST(Evaluator, UnevaluatedPropertiesWithinAPartCountForItAlone) {
  const CompiledSchema schema = compile(R"({
      "allOf":[{"properties":{"a":true},"unevaluatedProperties":false}],"properties":{"b":true}})");
  EXPECT_TRUE(accepts(schema, R"({"a":1})"));
  EXPECT_FALSE(accepts(schema, R"({"b":1})"));
}

// Merging makes sets of schemas, of which there can be very many: it must stop by itself.
TEST(Evaluator, MergingIsBounded) {
  std::string text = R"({"$ref":"#/$defs/s0","$defs":{)";
  constexpr int kSchemas = 24;
  for (int i = 0; i < kSchemas; ++i) {
    const std::string next = std::to_string((i + 1) % kSchemas);
    const std::string other = std::to_string((i * 7 + 3) % kSchemas);
    text += R"("s)" + std::to_string(i) +
            R"(":{"type":"object","properties":{"a":{"$ref":"#/$defs/s)" + next +
            R"("},"b":{"allOf":[{"$ref":"#/$defs/s)" + next + R"("},{"$ref":"#/$defs/s)" + other +
            R"("}]}}})" + (i + 1 < kSchemas ? "," : "");
  }
  const CompiledSchema schema = compile(text + "}}");
  EXPECT_LT(schema.impl().program.code.size(), 10'000U);
  EXPECT_TRUE(accepts(schema, R"({"a":{"b":{"b":{"a":{}}}}})"));
  EXPECT_FALSE(accepts(schema, R"({"a":{"b":{"b":{"a":{"b":{"b":1}}}}}})"));
}

// As many blocks as there are different schemas, however many refer to them.
TEST(Evaluator, WhoRefersToASchemaSharesItsRule) {
  constexpr int kSchemas = 40;
  std::string text = R"({"$ref":"#/$defs/s0","$defs":{)";
  for (int i = 0; i < kSchemas; ++i) {
    text += (i > 0 ? ",\"s" : "\"s") + std::to_string(i) + R"(":{"type":"object","properties":{)";
    for (int j = 0; j < kSchemas; ++j) {
      const std::string name = std::to_string(j);
      text += (j > 0 ? ",\"p" : "\"p") + name + R"(":{"$ref":"#/$defs/s)" + name + "\"}";
    }
    text += "}}";
  }
  const CompiledSchema schema = compile(text + "}}");
  EXPECT_EQ(schema.impl().program.objects.size(), static_cast<std::size_t>(kSchemas));
  EXPECT_TRUE(accepts(schema, R"({"p3":{"p39":{"p0":{}}}})"));
  EXPECT_FALSE(accepts(schema, R"({"p3":{"p39":{"p0":1}}})"));
}

TEST(Evaluator, AsManyNamesAndValuesAsThereAre) {
  std::string properties;
  std::string values;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name =
        "\"a_long_name_with_the_number_" + std::to_string(i) + "_in_it_somewhere\"";
    properties += (i > 0 ? "," : "") + name + R"(:{"type":"integer"})";
    values += (i > 0 ? "," : "") + name;
  }
  const CompiledSchema schema = compile(R"({"properties":{)" + properties +
                                        R"(},"propertyNames":{"enum":[)" + values + "]}}");
  EXPECT_TRUE(accepts(schema, R"({"a_long_name_with_the_number_17000_in_it_somewhere":1})"));
  EXPECT_FALSE(accepts(schema, R"({"a_long_name_with_the_number_17000_in_it_somewhere":"x"})"));
  EXPECT_FALSE(accepts(schema, R"({"a_long_name_with_the_number_20000_in_it_somewhere":1})"));
}

TEST(Evaluator, MoreRequiredNamesThanFitInAWord) {
  std::string required;
  std::string members;
  for (int i = 0; i < 130; ++i) {
    const std::string name = "\"name_" + std::to_string(i) + "\"";
    required += (i > 0 ? "," : "") + name;
    members += (i > 0 ? "," : "") + name + ":{}";
  }
  const CompiledSchema schema =
      compile(R"({"required":[)" + required + R"(],"dependentRequired":{"x":["name_3"]}})");
  EXPECT_TRUE(accepts(schema, "{" + members + "}"));
  EXPECT_FALSE(accepts(schema, "{" + members.substr(members.find(',') + 1) + "}"));
  EXPECT_FALSE(accepts(schema, "{" + members.substr(0, members.rfind(',')) + "}"));
}

TEST(Evaluator, NamesAndStringsMayBeWrittenWithEscapes) {
  const CompiledSchema schema = compile(
      R"({"properties":{"n\u0061me":{"const":"\u00e9"},"s":{"maxLength":2,"pattern":"^a\"?$"}},"additionalProperties":false})");
  EXPECT_TRUE(accepts(schema, "{\"name\":\"\xC3\xA9\"}"));
  EXPECT_TRUE(accepts(schema, R"({"\u006eame":"\u00e9"})"));
  EXPECT_FALSE(accepts(schema, R"({"\u006eame":"e"})"));
  EXPECT_TRUE(accepts(schema, R"({"s":"\u0061\""})"));
  EXPECT_FALSE(accepts(schema, R"({"s":"\u0061\"\""})"));
  EXPECT_FALSE(accepts(schema, R"({"\u006e":"e"})"));
}

TEST(Evaluator, EveryValueOfANameThatRepeatsIsChecked) {
  const CompiledSchema schema =
      compile(R"({"properties":{"a":{"type":"integer"}},"required":["a"]})");
  EXPECT_TRUE(accepts(schema, R"({"a":1,"a":2})"));
  EXPECT_FALSE(accepts(schema, R"({"a":1,"a":"x"})"));
  EXPECT_FALSE(accepts(schema, R"({"a":"x","a":1})"));
}

TEST(Evaluator, NumbersAreExact) {
  const auto check = [](const std::string& keyword, const std::string& number) {
    return accepts(compile("{" + keyword + "}"), number);
  };
  EXPECT_TRUE(check(R"("multipleOf":0.01)", "19.99"));
  EXPECT_FALSE(check(R"("multipleOf":0.01)", "19.995"));
  EXPECT_FALSE(check(R"("maximum":9007199254740992)", "9007199254740993"));
  EXPECT_TRUE(check(R"("maximum":9007199254740993)", "9007199254740993"));
  EXPECT_FALSE(check(R"("const":9007199254740993)", "9007199254740992"));
  EXPECT_TRUE(check(R"("type":"integer")", "1.0"));
  EXPECT_TRUE(check(R"("type":"integer")", "123456789012345678901234567890"));
  EXPECT_FALSE(check(R"("type":"integer")", "1.00000000000000000000000000001"));
  EXPECT_FALSE(check(R"("minimum":0)", "-0.000000000000000000000000000001"));
  EXPECT_TRUE(check(R"("minimum":0)", "-0.0"));
  EXPECT_FALSE(check(R"("exclusiveMinimum":0)", "0.0e5"));
  EXPECT_TRUE(check(R"("exclusiveMinimum":0,"minimum":-5)", "1e-30"));
  EXPECT_FALSE(check(R"("exclusiveMinimum":0,"minimum":0)", "0"));
  EXPECT_FALSE(check(R"("exclusiveMaximum":1)", "1"));
  EXPECT_TRUE(check(R"("exclusiveMaximum":1)", "0.999999999999999999999999"));
  EXPECT_FALSE(check(R"("maximum":1)", "1.0000000000000000000000001"));
  EXPECT_FALSE(check(R"("maximum":0.5)", "0.51"));
  EXPECT_TRUE(check(R"("maximum":1e400)", "1e399"));
  EXPECT_FALSE(check(R"("maximum":1e400)", "1.1e400"));
}

// A oneOf whose branches are told apart by a name must not be fooled by it.
TEST(Evaluator, ADiscriminatorOnlyRulesOut) {
  const CompiledSchema schema = compile(R"({"oneOf":[
      {"required":["kind"],"properties":{"kind":{"const":"a"},"n":{"type":"integer"}}},
      {"required":["kind"],"properties":{"kind":{"enum":["a","b"]},"n":{"type":"string"}}},
      {"properties":{"kind":{"const":"free"}}}]})");
  EXPECT_TRUE(accepts(schema, R"({"kind":"a","n":1})"));
  EXPECT_TRUE(accepts(schema, R"({"kind":"a","n":"x"})"));
  EXPECT_FALSE(accepts(schema, R"({"kind":"a"})"));
  EXPECT_FALSE(accepts(schema, R"({"kind":"b","n":1})"));
  EXPECT_TRUE(accepts(schema, R"({"kind":"free"})"));
  EXPECT_FALSE(accepts(schema, R"({"kind":"other"})"));
  EXPECT_FALSE(accepts(schema, R"({"kind":1})"));
  EXPECT_TRUE(accepts(schema, R"({})"));
  EXPECT_FALSE(accepts(schema, "7")) << "every branch is about objects, so all three fit";
  EXPECT_TRUE(accepts(schema, R"({"k\u0069nd":"b","n":"x"})"));
}

TEST(Evaluator, AValidTextCostsNoAllocation) {
  const CompiledSchema schema = compile(R"({
      "type":"object","required":["id"],
      "properties":{"id":{"format":"uuid"},"at":{"format":"date-time"},"name":{"pattern":"^[a-z]+$","maxLength":9},
                    "list":{"type":"array","uniqueItems":true,"contains":{"const":1}},
                    "n":{"multipleOf":0.01,"maximum":1e30}},
      "oneOf":[{"properties":{"a":true}},{"required":["b"]}],"unevaluatedProperties":{"type":"string"}})");
  const std::string text =
      R"({"id":"5b1f0c7e-2f64-4c1e-9a53-8d1f6a0b7c21","at":"2026-01-27T10:00:00Z","name":"a\u0062c",)"
      R"("list":[1,2,3,"a",{"b":[]},6,7,8,9,10,11],"n":1234567890123456789.25,"other":"x\n"})";
  SchemaValidator validator;
  ASSERT_TRUE(validator.is_valid(schema, text));
  EXPECT_EQ(allocations_of([&] { EXPECT_TRUE(validator.is_valid(schema, text)); }), 0U);
}

}  // namespace
}  // namespace bb::schema
