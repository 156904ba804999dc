#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bloodbank/schema.h"
#include "schema/file_uri.h"

namespace bb {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kUri = "https://example.test/s.json";

CompiledSchema compile(std::string text, SchemaOptions options = {}) {
  SchemaSet set(options);
  const auto uri = set.add(kUri, std::move(text));
  EXPECT_TRUE(uri) << uri.error().message;
  auto schema = set.compile(*uri);
  EXPECT_TRUE(schema) << schema.error().message;
  return *std::move(schema);
}

Error compile_error(std::string text, SchemaOptions options = {}) {
  SchemaSet set(options);
  const auto uri = set.add(kUri, std::move(text));
  if (!uri) return uri.error();
  const auto schema = set.compile(*uri);
  EXPECT_FALSE(schema);
  return schema ? Error{} : schema.error();
}

bool accepts(const CompiledSchema& schema, std::string_view json) {
  SchemaValidator validator;
  const bool valid = validator.is_valid(schema, json);
  EXPECT_EQ(validator.validate(schema, json).valid, valid) << json;
  return valid;
}

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "bb_schema_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::filesystem::path write(const std::string& name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(SchemaSet, CompilesWhatItWasGiven) {
  const CompiledSchema schema = compile(
      R"({"$id":"https://example.test/named.json","title":"Named","type":"object","required":["a"]})");
  EXPECT_EQ(schema.uri(), "https://example.test/named.json");
  EXPECT_EQ(schema.title(), "Named");
  EXPECT_EQ(schema.draft(), SchemaDraft::k2020_12);
  EXPECT_TRUE(accepts(schema, R"({"a":1})"));
  EXPECT_FALSE(accepts(schema, R"({"b":1})"));
  EXPECT_FALSE(accepts(schema, "not JSON"));
}

TEST(SchemaSet, ASchemaMayBeTrueOrFalse) {
  EXPECT_TRUE(accepts(compile("true"), "1"));
  EXPECT_FALSE(accepts(compile("false"), "1"));
}

TEST(SchemaSet, SaysWhereADocumentStopsBeingJson) {
  const Error error = compile_error("{\n  \"type\": }");
  EXPECT_EQ(error.code, ErrorCode::kInvalidJson);
  EXPECT_THAT(error.message, HasSubstr("https://example.test/s.json:2:11: not JSON"));
}

TEST(SchemaSet, TellsEveryFaultOfASchemaByItsPlace) {
  const Error error =
      compile_error("{\n \"type\": 12,\n \"properties\": {\"a\": {\"minLength\": -1}}}");
  EXPECT_EQ(error.code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(error.message, AllOf(HasSubstr("s.json:2:10: /type: "),
                                   HasSubstr("s.json:3:36: /properties/a/minLength: ")));
}

TEST(SchemaSet, TellsAReferenceToNothing) {
  for (const std::string reference :
       {"#/$defs/b", "#anchor", "other.json", "https://example.test/none.json#/a", "#/$defs/a/0"}) {
    const Error error = compile_error(R"({"$ref":")" + reference + R"(","$defs":{"a":true}})");
    EXPECT_EQ(error.code, ErrorCode::kInvalidSchema) << reference;
    EXPECT_THAT(error.message, AllOf(HasSubstr("/$ref: "), HasSubstr("names nothing")))
        << reference;
  }
}

TEST(SchemaSet, TellsASchemaThatLeadsBackToItself) {
  for (const std::string text :
       {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"$ref":"#"}})",
        R"({"if":{"$ref":"#"},"then":true})",
        R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})"}) {
    const Error error = compile_error(text);
    EXPECT_EQ(error.code, ErrorCode::kInvalidSchema) << text;
    EXPECT_THAT(error.message, HasSubstr("refers to itself without end")) << text;
  }
}

// Which schema a dynamic reference means is known only when a value is checked.
TEST(SchemaSet, ADynamicLoopEndsWithoutAVerdict) {
  const CompiledSchema schema = compile(R"({"$dynamicAnchor":"a","anyOf":[{"$dynamicRef":"#a"}]})");
  SchemaValidator validator;
  EXPECT_FALSE(validator.is_valid(schema, "1"));
  const SchemaReport report = validator.validate(schema, "1");
  EXPECT_FALSE(report.valid);
  ASSERT_TRUE(report.schema_error);
  EXPECT_EQ(report.schema_error->code, ErrorCode::kInvalidSchema);
}

TEST(SchemaSet, RecursionThatConsumesIsNoLoop) {
  const CompiledSchema schema = compile(
      R"({"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false})");
  EXPECT_TRUE(accepts(schema, R"({"next":{"next":{}}})"));
  EXPECT_FALSE(accepts(schema, R"({"next":{"next":{"last":1}}})"));
  std::string deep = "{}";
  for (int depth = 1; depth < 1024; ++depth) deep = R"({"next":)" + deep + "}";
  EXPECT_TRUE(accepts(schema, deep));
}

TEST(SchemaSet, TellsAPatternThatIsNone) {
  const Error error = compile_error(R"({"pattern":"^(a"})");
  EXPECT_EQ(error.code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(error.message, HasSubstr("/pattern: "));
}

TEST(SchemaSet, TellsAPropertyPatternThatIsNone) {
  const Error error = compile_error(R"({"patternProperties":{"^(a":true}})");
  EXPECT_EQ(error.code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(error.message, HasSubstr("/patternProperties/^(a: "));
}

TEST(SchemaSet, RefusesAnUnknownMetaSchema) {
  const Error error = compile_error(R"({"$schema":"https://example.test/unknown"})");
  EXPECT_EQ(error.code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(error.message, HasSubstr("is not known"));
}

TEST(SchemaSet, TheSameDocumentTwiceIsNoErrorAndAnotherIs) {
  SchemaSet set;
  EXPECT_TRUE(set.add("https://example.test/a", "{}"));
  EXPECT_TRUE(set.add("https://example.test/a", "{}"));
  EXPECT_FALSE(set.add("https://example.test/a", "true"));
  EXPECT_TRUE(set.add("https://example.test/b", R"({"$id":"https://example.test/c"})"));
  const auto twice = set.add("https://example.test/d", R"({"$id":"https://example.test/c"})");
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("two schemas have the $id"));
}

TEST(SchemaSet, DraftsDifferByTheirMetaSchema) {
  const std::string items = R"("items":[{"type":"integer"}]})";
  const CompiledSchema draft7 =
      compile(R"({"$schema":"http://json-schema.org/draft-07/schema#",)" + items);
  EXPECT_EQ(draft7.draft(), SchemaDraft::k7);
  EXPECT_FALSE(accepts(draft7, R"(["a"])"));
  EXPECT_TRUE(accepts(draft7, R"([1,"a"])"));
  const CompiledSchema by_option = compile("{" + items, {.default_draft = SchemaDraft::k2019_09});
  EXPECT_EQ(by_option.draft(), SchemaDraft::k2019_09);
  EXPECT_FALSE(accepts(by_option, R"(["a"])"));
  EXPECT_EQ(compile_error("{" + items).code, ErrorCode::kInvalidSchema);
}

TEST(SchemaSet, FormatsAssertUnlessSwitchedOff) {
  const std::string text = R"({"format":"uuid"})";
  EXPECT_FALSE(accepts(compile(text), R"("no")"));
  EXPECT_TRUE(accepts(compile(text, {.assert_formats = false}), R"("no")"));
}

TEST(SchemaSet, ReadsRelativeReferencesThroughTheMap) {
  const Folder folder;
  const auto file = folder.write(
      "voice/events/a.json",
      R"({"$id":"https://example.test/voice/events/a.json","$ref":"../../common/types.json#/$defs/text"})");
  folder.write(
      "common/types.json",
      R"({"$id":"https://example.test/common/types.json","$defs":{"text":{"type":"string"}}})");
  SchemaSet set;
  set.map_prefix("https://example.test/", folder.path());
  const auto uri = set.add_file(file);
  ASSERT_TRUE(uri) << uri.error().message;
  EXPECT_EQ(*uri, "https://example.test/voice/events/a.json");
  const auto schema = set.compile(*uri);
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_TRUE(accepts(*schema, R"("x")"));
  EXPECT_FALSE(accepts(*schema, "1"));
  EXPECT_THAT(schema->documents(), testing::ElementsAre(schema::file_uri(file),
                                                        "https://example.test/common/types.json"));
}

TEST(SchemaSet, LooksForRelativeReferencesBesideTheFile) {
  const Folder folder;
  folder.write("common/types.json", R"({"$defs":{"text":{"type":"string"}}})");
  folder.write("a/b/near.json", R"({"$ref":"../../common/types.json#/$defs/text"})");
  const std::string reference = R"("$ref":"near.json"})";
  for (const std::string& text :
       {"{" + reference, R"({"$id":"https://example.test/x/y/z/s.json",)" + reference}) {
    const auto file = folder.write("a/b/schema.json", text);
    SchemaSet set;
    const auto uri = set.add_file(file);
    ASSERT_TRUE(uri);
    const auto schema = set.compile(*uri);
    ASSERT_TRUE(schema) << schema.error().message;
    EXPECT_TRUE(accepts(*schema, R"("x")"));
    EXPECT_FALSE(accepts(*schema, "1"));
  }
}

TEST(SchemaSet, TheMapNeverLeadsOutOfItsFolder) {
  const Folder folder;
  folder.write("secret.json", "true");
  folder.write("tree/a.json", "true");
  std::filesystem::create_symlink(folder.path() / "secret.json", folder.path() / "tree/link.json");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "tree/up");
  for (const std::string reference : {"../secret.json", "%2e%2e/secret.json", "link.json",
                                      "up/secret.json", "a.json%00", "/etc/passwd"}) {
    SchemaSet set;
    set.map_prefix("https://example.test/tree/", folder.path() / "tree");
    const auto uri =
        set.add("https://example.test/tree/root.json", R"({"$ref":")" + reference + "\"}");
    ASSERT_TRUE(uri);
    const auto schema = set.compile(*uri);
    ASSERT_FALSE(schema) << reference;
    EXPECT_THAT(schema.error().message, HasSubstr("names nothing")) << reference;
    EXPECT_THAT(schema.error().message, Not(HasSubstr("is no URI"))) << reference;
  }
}

TEST(SchemaSet, TheLongestPrefixWins) {
  const Folder folder;
  folder.write("short/x/a.json", R"({"const":"short"})");
  folder.write("long/a.json", R"({"const":"long"})");
  for (const bool long_first : {true, false}) {
    SCOPED_TRACE(long_first);
    SchemaSet set;
    if (long_first) set.map_prefix("https://example.test/x/", folder.path() / "long");
    set.map_prefix("https://example.test/", folder.path() / "short");
    if (!long_first) set.map_prefix("https://example.test/x/", folder.path() / "long");
    const auto schema = set.compile("https://example.test/x/a.json");
    ASSERT_TRUE(schema) << schema.error().message;
    EXPECT_TRUE(accepts(*schema, R"("long")"));
  }
}

TEST(SchemaSet, CheckAllLooksAtWhatNothingRefersTo) {
  SchemaSet set;
  const auto uri = set.add(kUri, R"({"$defs":{"unused":{"$ref":"#/$defs/missing"}}})");
  ASSERT_TRUE(uri);
  EXPECT_TRUE(set.compile(*uri));
  const auto all = set.check_all(*uri);
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message, HasSubstr("/$defs/unused/$ref: "));
}

TEST(SchemaSet, AMetaSchemaOfOnesOwnSaysWhichVocabulariesCount) {
  SchemaSet set;
  ASSERT_TRUE(set.add("https://example.test/meta", R"({
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "https://example.test/meta",
      "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true,
                      "https://json-schema.org/draft/2020-12/vocab/applicator": true},
      "required": ["title"]})"));
  const std::string start =
      R"({"$schema":"https://example.test/meta","$id":"https://example.test/)";
  const auto good =
      set.add("a", start + R"(a","title":"A","properties":{"n":{"minimum":5},"f":false}})");
  ASSERT_TRUE(good) << good.error().message;
  const auto schema = set.compile(*good);
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_TRUE(accepts(*schema, R"({"n":1})"));
  EXPECT_FALSE(accepts(*schema, R"({"f":1})"));
  const auto untitled = set.add("b", start + R"(b"})");
  ASSERT_TRUE(untitled);
  const auto refused = set.compile(*untitled);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("title"));
}

TEST(SchemaSet, OneCompiledSchemaServesManyThreads) {
  const CompiledSchema schema = compile(R"({
      "type":"object","required":["kind"],"unevaluatedProperties":false,
      "properties":{"kind":{"enum":["a","b"]},"items":{"type":"array","uniqueItems":true}},
      "anyOf":[{"properties":{"a":{"pattern":"^(?=x)x+$"}}},{"properties":{"b":{"format":"email"}}}]})");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      SchemaValidator validator;
      for (int round = 0; round < 500; ++round) {
        if (!validator.is_valid(schema, R"({"kind":"a","a":"xxx","items":[1,2,3,4,5,6,7,8,9,10]})"))
          ++wrong;
        if (validator.is_valid(schema, R"({"kind":"a","c":"xxx"})")) ++wrong;
        if (validator.validate(schema, R"({"kind":"c"})").valid) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace bb
