#include "schema/verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/explain_fixture.h"

namespace bb::schema {
namespace {

using testing::HasSubstr;

// A model by hand, of schemas without documents.
SchemaModel model_of(std::vector<Subschema> schemas) {
  SchemaModel model;
  model.resources.emplace_back().uri = "https://example.com/s.json";
  model.schemas = std::move(schemas);
  return model;
}

Subschema refers_to(SchemaIndex target) {
  Subschema schema;
  schema.reference = target;
  return schema;
}

Subschema all_of(std::vector<SchemaIndex> parts) {
  Subschema schema;
  schema.all_of = std::move(parts);
  return schema;
}

TEST(Verdicts, NoticeALoopThatConsumesNothing) {
  std::vector<Subschema> schemas;
  schemas.push_back(refers_to(1));
  schemas.push_back(all_of({0}));
  const SchemaModel model = model_of(std::move(schemas));
  const auto json = JsonDocument::read("1");
  Verdicts verdicts(model, json->view());
  EXPECT_FALSE(verdicts.fits(0, 0, DynamicScopes::kEmpty));
  ASSERT_TRUE(verdicts.error());
  EXPECT_EQ(verdicts.error()->code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(verdicts.error()->message, HasSubstr("for ever"));

  const SchemaReport report = explain(model, json->view(), {});
  EXPECT_FALSE(report.valid);
  EXPECT_TRUE(report.schema_error);
}

TEST(Verdicts, LetSchemasReferToThemselvesOneLevelDown) {
  std::vector<Subschema> schemas(1);
  schemas[0].types = mask_of(JsonType::kArray);
  schemas[0].items = 0;
  const SchemaModel model = model_of(std::move(schemas));
  const auto good = JsonDocument::read("[[],[[]]]");
  EXPECT_TRUE(Verdicts(model, good->view()).fits(0, 0, DynamicScopes::kEmpty));
  const auto bad = JsonDocument::read("[[],[[1]]]");
  EXPECT_FALSE(Verdicts(model, bad->view()).fits(0, 0, DynamicScopes::kEmpty));
}

// 2^60 ways through the schema to the same value.
TEST(Verdicts, AnswerEachQuestionOnce) {
  std::vector<Subschema> schemas;
  for (SchemaIndex i = 0; i < 60; ++i) schemas.push_back(all_of({i + 1, i + 1}));
  schemas.emplace_back().types = mask_of(JsonType::kNull);
  const SchemaModel model = model_of(std::move(schemas));
  const auto json = JsonDocument::read("null");
  EXPECT_TRUE(Verdicts(model, json->view()).fits(0, 0, DynamicScopes::kEmpty));
}

TEST(Verdicts, GiveUpWhereTheStackWouldNotDo) {
  constexpr SchemaIndex kCount = 200'000;
  std::vector<Subschema> schemas;
  for (SchemaIndex i = 0; i < kCount; ++i) schemas.push_back(refers_to(i + 1));
  schemas.emplace_back().literal = true;
  const SchemaModel model = model_of(std::move(schemas));
  const auto json = JsonDocument::read("1");
  Verdicts verdicts(model, json->view());
  EXPECT_FALSE(verdicts.fits(0, 0, DynamicScopes::kEmpty));
  ASSERT_TRUE(verdicts.error());
  EXPECT_THAT(verdicts.error()->message, HasSubstr("too deep"));
}

// Every part is asked anew for every element: more steps than are allowed.
TEST(Verdicts, GiveUpAfterTooManySteps) {
  std::vector<Subschema> schemas(2);
  schemas[0].items = 1;
  for (SchemaIndex i = 0; i < 20'000; ++i) schemas[1].all_of.push_back(2 + i);
  for (SchemaIndex i = 0; i < 20'000; ++i) schemas.emplace_back().literal = true;
  const SchemaModel model = model_of(std::move(schemas));
  std::string text = "[1";
  for (int i = 0; i < 400; ++i) text += ",1";
  const auto json = JsonDocument::read(text + "]");
  Verdicts verdicts(model, json->view());
  EXPECT_FALSE(verdicts.fits(0, 0, DynamicScopes::kEmpty));
  ASSERT_TRUE(verdicts.error());
  EXPECT_THAT(verdicts.error()->message, HasSubstr("too complex"));
}

TEST(Verdicts, TellThatAPatternIsTooExpensive) {
  const SchemaReport report =
      explain_text(R"({"pattern":"^(?:(a+)+)+\\1$"})", "\"" + std::string(60, 'a') + "b\"");
  EXPECT_FALSE(report.valid);
  ASSERT_TRUE(report.schema_error);
  EXPECT_EQ(report.schema_error->code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(report.schema_error->message, HasSubstr("too expensive"));
}

}  // namespace
}  // namespace bb::schema
