#include "schema/repository.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "schema/repository_source.h"
#include "schema/repository_test_folder.h"

namespace bb::schema {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kVoice = "transcription.voice.completed";
constexpr std::string_view kFolder = "schemas/whisperlivekit/events/";

class Repository : public testing::Test {
 protected:
  std::string in_events(const char* name) { return std::string(kFolder) + name; }

  Result<SchemaRepository> open(std::optional<std::filesystem::path> root = "schemas") {
    RepositoryOptions options;
    options.root = std::move(root);
    options.working_folder = folder_.path() / working_folder_;
    options.home = folder_.path() / "home";
    options.now = [this] { return now_; };
    options.on_warning = [this](const std::string& warning) { warnings_.push_back(warning); };
    return SchemaRepository::open(std::move(options));
  }

  void later() { now_ += std::chrono::seconds(10); }

  // The title of the schema that is found, or the error.
  static std::string title_of(SchemaRepository& repository, std::string_view event_type,
                              std::optional<std::uint32_t> version = {}) {
    const auto found = repository.find(event_type, version);
    return found ? (*found)->info.title : found.error().message;
  }

  TestFolder folder_;
  std::filesystem::path working_folder_ = ".";
  std::chrono::steady_clock::time_point now_{};
  std::vector<std::string> warnings_;
};

TEST_F(Repository, LooksForTheThreeNamesInOrder) {
  folder_.write(in_events("completed.v1.schema.json"), R"({"title":"third"})");
  auto repository = open();
  ASSERT_TRUE(repository) << repository.error().message;
  EXPECT_EQ(title_of(*repository, kVoice), "third");
  folder_.write(in_events("voice_completed.v1.schema.json"), R"({"title":"second"})");
  later();
  EXPECT_EQ(title_of(*repository, kVoice), "second");
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"), R"({"title":"first"})");
  later();
  EXPECT_EQ(title_of(*repository, kVoice), "first");
}

TEST_F(Repository, FindsAnySchemaWithTheConstant) {
  folder_.write(
      in_events("transcription_completed.json"),
      R"({"properties":{"event_type":{"const":"whisperlivekit.transcription.completed"}}})");
  auto repository = open();
  const auto found = repository->find("whisperlivekit.transcription.completed");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)->info.file, "whisperlivekit/events/transcription_completed.json");
  EXPECT_EQ((*found)->info.event_type, "whisperlivekit.transcription.completed");
}

TEST_F(Repository, AmbiguousNameOfAnotherTypeIsNotTaken) {
  folder_.write(in_events("completed.v1.schema.json"),
                R"({"x-bloodbank":{"event_type":"fireflies.transcript.completed"}})");
  auto repository = open();
  EXPECT_TRUE(repository->find("fireflies.transcript.completed"));
  EXPECT_EQ(repository->find(kVoice).error().code, ErrorCode::kNoSchema);
}

TEST_F(Repository, NewestVersionIsUsedUnlessOneIsAskedFor) {
  for (const char* version : {"1", "2", "10"}) {
    folder_.write(std::string("schemas/llm/events/llm.prompt.v") + version + ".schema.json",
                  std::string(R"({"title":")") + version + "\"}");
  }
  auto repository = open();
  EXPECT_EQ(title_of(*repository, "llm.prompt"), "10");
  EXPECT_EQ(title_of(*repository, "llm.prompt", 1), "1");
  EXPECT_EQ((*repository->find("llm.prompt", 2))->info.version, 2u);
  EXPECT_THAT(repository->versions("llm.prompt"), ElementsAre(1, 2, 10));
  const auto missing = repository->find("llm.prompt", 3);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNoSchema);
  EXPECT_THAT(missing.error().message, AllOf(HasSubstr("version 3"), HasSubstr("1, 2, 10")));
}

TEST_F(Repository, WhatIsFoundSaysWhatItIs) {
  folder_.write("schemas/agent/events/agent.thread.prompt.v1.schema.json",
                R"({"$id":"https://33god.dev/schemas/agent/x.json","title":"T","description":"D",
                    "x-bloodbank":{"event_type":"agent.thread.prompt","kind":"command",
                                   "routing_key":"agent.{x}"},"examples":[{"a": 1}]})");
  auto repository = open();
  const auto found = repository->find("agent.thread.prompt");
  ASSERT_TRUE(found) << found.error().message;
  const EventSchemaInfo& info = (*found)->info;
  EXPECT_EQ(info.kind, EventKind::kCommand);
  EXPECT_EQ(info.title, "T");
  EXPECT_EQ(info.description, "D");
  EXPECT_EQ(info.routing_key, "agent.{x}");
  EXPECT_EQ(info.id, "https://33god.dev/schemas/agent/x.json");
  EXPECT_THAT((*found)->examples, ElementsAre(R"({"a": 1})"));
  EXPECT_THAT((*found)->text, HasSubstr("\"routing_key\""));
}

TEST_F(Repository, UnknownTypeSaysWhatIsNearAndWhereItLooked) {
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"), "{}");
  auto repository = open();
  const auto found = repository->find("transcription.voice.complete");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNoSchema);
  EXPECT_THAT(found.error().message,
              AllOf(HasSubstr("did you mean 'transcription.voice.completed'?"),
                    HasSubstr("whisperlivekit/events/voice_complete.v1.schema.json"),
                    Not(HasSubstr("\n"))));
  EXPECT_THAT(repository->nearest("transcription.voice.complete"), ElementsAre(kVoice));
}

// To go on without it, as a permissive publisher does where there is none, would be to skip it
// unseen.
TEST_F(Repository, ASchemaThatIsTooLargeIsNotTakenForNone) {
  const std::string file = in_events("transcription.voice.completed.v1.schema.json");
  folder_.write(file, "{}");
  std::filesystem::resize_file(folder_.path() / file, kSchemaBytesMax + 1);
  auto repository = open();
  ASSERT_TRUE(repository) << repository.error().message;
  const auto found = repository->find(kVoice);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(found.error().message, testing::HasSubstr("too large for a schema"));
}

TEST_F(Repository, WhatIsNoEventTypeFindsNothing) {
  folder_.write("secret.v1.schema.json", "{}");
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"), "{}");
  auto repository = open();
  using namespace std::string_literals;
  for (const std::string& name : {""s, "../secret"s, "a/b.c"s, "/etc/passwd"s, "a..b"s, "a.b\0"s,
                                  "A.B"s, "word"s, ".."s, std::string(1 << 20, 'a') + ".b"}) {
    const auto found = repository->find(name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::kNoSchema);
    EXPECT_THAT(found.error().message.size(), testing::Lt(200u));
    EXPECT_THAT(repository->versions(name), IsEmpty());
  }
  // Well-formed, and longer than a file name may be.
  EXPECT_EQ(repository->find("a." + std::string(250, 'b')).error().code, ErrorCode::kNoSchema);
}

TEST_F(Repository, SchemasOutsideOfTheRootAreAbsent) {
  folder_.write("outside/events/llm.prompt.v1.schema.json", "{}");
  folder_.write("outside/x.json", R"({"x-bloodbank":{"event_type":"llm.error"}})");
  folder_.link("schemas/llm", "../outside");
  folder_.link("schemas/x.json", folder_.path() / "outside/x.json");
  auto repository = open();
  EXPECT_EQ(repository->find("llm.prompt").error().code, ErrorCode::kNoSchema);
  EXPECT_EQ(repository->find("llm.error").error().code, ErrorCode::kNoSchema);
  EXPECT_THAT(repository->list(), IsEmpty());
}

// References: across folders by the `$id`s, by the places of the files, and by any `$id` at all.

void expect_checks_text(const Result<std::shared_ptr<const EventSchema>>& found) {
  ASSERT_TRUE(found) << found.error().message;
  SchemaValidator validator;
  EXPECT_TRUE(validator.is_valid((*found)->schema, R"({"text":"hello"})"));
  EXPECT_FALSE(validator.is_valid((*found)->schema, R"({"text":1})"));
}

constexpr std::string_view kBase = R"({"properties":{"text":{"type":"string"}}})";

TEST_F(Repository, ReferencesFollowTheId) {
  folder_.write("schemas/common/schemas/base.json", kBase);
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"),
                R"({"$id":"https://33god.dev/schemas/whisperlivekit/events/completed.v1.json",
                    "$ref":"../../common/schemas/base.json"})");
  auto repository = open();
  expect_checks_text(repository->find(kVoice));
}

TEST_F(Repository, ReferencesFollowTheFilesWhereTheIdLeadsNowhere) {
  folder_.write("schemas/common/schemas/base.json",
                R"({"$id":"https://33god.dev/other/base.json","$ref":"more.json#/$defs/more"})");
  folder_.write("schemas/common/schemas/more.json",
                R"({"$defs":{"more":{"properties":{"text":{"type":"string"}}}}})");
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"),
                R"({"$schema":"http://json-schema.org/draft-07/schema#",
                    "$id":"https://33god.dev/voice.json",
                    "allOf":[{"$ref":"../../common/schemas/base.json"}]})");
  auto repository = open();
  expect_checks_text(repository->find(kVoice));
}

TEST_F(Repository, ReferencesFindFilesByTheirId) {
  folder_.write("schemas/somewhere/base.json",
                R"({"$id":"urn:example:base","properties":{"text":{"type":"string"}}})");
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"),
                R"({"$ref":"urn:example:base"})");
  auto repository = open();
  expect_checks_text(repository->find(kVoice));
}

TEST_F(Repository, ReferencesStayInsideOfTheRoot) {
  folder_.write("outside.json", R"({"title":"secret"})");
  const std::string outside = (folder_.path() / "outside.json").string();
  folder_.link("schemas/common/link.json", "../../outside.json");
  for (const std::string& reference :
       {std::string("../../../outside.json"), "file://" + outside,
        std::string("../../common/link.json"), std::string("..%2f..%2f..%2foutside.json")}) {
    folder_.write(in_events("transcription.voice.completed.v1.schema.json"),
                  R"({"$ref":")" + reference + "\"}");
    auto repository = open();
    const auto found = repository->find(kVoice);
    ASSERT_FALSE(found) << reference;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidSchema);
    EXPECT_THAT(found.error().message, Not(HasSubstr("secret")));
  }
}

TEST_F(Repository, BrokenSchemaIsToldWithItsFile) {
  folder_.write("schemas/llm/events/llm.prompt.v1.schema.json", "{\n  \"type\": strin\n}");
  folder_.write("schemas/llm/events/llm.error.v1.schema.json", R"({"type":"strin"})");
  folder_.write("schemas/llm/events/llm.response.v1.schema.json", R"({"$ref":"nowhere.json"})");
  auto repository = open();
  const auto not_json = repository->find("llm.prompt");
  ASSERT_FALSE(not_json);
  EXPECT_EQ(not_json.error().code, ErrorCode::kInvalidSchema);
  EXPECT_THAT(not_json.error().message,
              HasSubstr("schemas/llm/events/llm.prompt.v1.schema.json:2:11: not JSON"));
  for (const char* name : {"llm.error", "llm.response"}) {
    const auto found = repository->find(name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidSchema);
    EXPECT_THAT(found.error().message,
                AllOf(HasSubstr("schemas/llm/events/" + std::string(name) + ".v1.schema.json:1:"),
                      Not(HasSubstr(folder_.path().string()))));
  }
}

TEST_F(Repository, UnchangedSchemaIsTheSameObject) {
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"), R"({"title":"one"})");
  auto repository = open();
  const auto first = *repository->find(kVoice);
  EXPECT_EQ(*repository->find(kVoice), first);
  later();
  EXPECT_EQ(*repository->find(kVoice), first);
}

TEST_F(Repository, ChangesAreSeenOnceTheTimeHasCome) {
  const std::string file = in_events("transcription.voice.completed.v1.schema.json");
  folder_.write(file, R"({"title":"one"})");
  auto repository = open();
  EXPECT_EQ(title_of(*repository, kVoice), "one");
  folder_.write(file, R"({"title":"two"})");
  now_ += std::chrono::milliseconds(999);
  EXPECT_EQ(title_of(*repository, kVoice), "one");
  now_ += std::chrono::milliseconds(1);
  EXPECT_EQ(title_of(*repository, kVoice), "two");
  folder_.write(in_events("transcription.voice.completed.v2.schema.json"), R"({"title":"new"})");
  later();
  EXPECT_EQ(title_of(*repository, kVoice), "new");
  folder_.remove("schemas/whisperlivekit");
  later();
  EXPECT_EQ(repository->find(kVoice).error().code, ErrorCode::kNoSchema);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(Repository, ChangeOfAFileThatIsReferredToIsSeen) {
  folder_.write("schemas/common/base.json", "true");
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"),
                R"({"$ref":"../../common/base.json"})");
  auto repository = open();
  ASSERT_TRUE(repository->find(kVoice));
  folder_.write("schemas/common/base.json", kBase);
  later();
  expect_checks_text(repository->find(kVoice));
}

TEST_F(Repository, LastGoodSchemaStaysWhileAnEditIsBroken) {
  const std::string file = in_events("transcription.voice.completed.v1.schema.json");
  folder_.write(file, R"({"title":"good"})");
  auto repository = open();
  EXPECT_EQ(title_of(*repository, kVoice), "good");
  folder_.write(file, "{");
  for (int i = 0; i < 3; ++i) {
    later();
    EXPECT_EQ(title_of(*repository, kVoice), "good");
  }
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr(kVoice), HasSubstr("not JSON"))));
  folder_.write(file, R"({"$ref":"nowhere.json"})");  // another way to be broken
  for (int i = 0; i < 3; ++i) {
    later();
    EXPECT_EQ(title_of(*repository, kVoice), "good");
  }
  EXPECT_THAT(warnings_, SizeIs(2));
  folder_.write("schemas/whisperlivekit/events/nowhere.json", R"({"type":"object"})");
  folder_.write(file, R"({"title":"better","$ref":"nowhere.json"})");
  later();
  EXPECT_EQ(title_of(*repository, kVoice), "better");
  EXPECT_THAT(warnings_, SizeIs(2));
}

TEST_F(Repository, NewVersionThatIsBrokenDoesNotReplaceTheOldOne) {
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"), R"({"title":"one"})");
  auto repository = open();
  EXPECT_EQ(title_of(*repository, kVoice), "one");
  folder_.write(in_events("transcription.voice.completed.v2.schema.json"), "{");
  later();
  EXPECT_EQ(title_of(*repository, kVoice), "one");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("v2.schema.json")));
}

TEST_F(Repository, BrokenSchemaIsUsedOnceItIsRepaired) {
  const std::string file = in_events("transcription.voice.completed.v1.schema.json");
  folder_.write(file, R"({"$ref":"base.json"})");
  auto repository = open();
  EXPECT_EQ(repository->find(kVoice).error().code, ErrorCode::kInvalidSchema);
  folder_.write("schemas/whisperlivekit/events/base.json", kBase);
  later();
  expect_checks_text(repository->find(kVoice));
}

// Any number of types that are not known, as a peer may send them.
TEST_F(Repository, UnknownTypesDoNotPileUp) {
  folder_.write(in_events("transcription.voice.completed.v1.schema.json"), R"({"title":"one"})");
  auto repository = open();
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(repository->find("a.b" + std::to_string(i)));
  }
  EXPECT_EQ(title_of(*repository, kVoice), "one");
}

// Which repository.

TEST_F(Repository, RootThatWasSetHasToBeAFolder) {
  folder_.write("file", "");
  for (const char* root : {"nowhere", "file"}) {
    const auto repository = open(root);
    ASSERT_FALSE(repository);
    EXPECT_EQ(repository.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(repository.error().message, HasSubstr(root));
  }
}

TEST_F(Repository, IsDiscoveredInOrder) {
  working_folder_ = "work";
  std::filesystem::create_directory(folder_.path() / "work");
  const auto found = [this] { return open(std::nullopt)->description(); };
  EXPECT_EQ(found(), "the built-in catalogue");
  EXPECT_EQ(open(std::nullopt)->root(), std::nullopt);
  const std::string file = "/llm/events/llm.prompt.v1.schema.json";
  folder_.write("home/code/33GOD/holyfields/trunk-main" + file, "{}");
  EXPECT_THAT(found(), testing::EndsWith("home/code/33GOD/holyfields/trunk-main"));
  folder_.write("holyfields/trunk-main" + file, "{}");
  EXPECT_EQ(found(), "../holyfields/trunk-main");
  folder_.write("holyfields" + file, "{}");
  EXPECT_EQ(found(), "../holyfields");
  // A folder of that name with something else in it.
  folder_.write("work/schemas/table.json", R"({"title":"no event"})");
  EXPECT_EQ(found(), "../holyfields");
  folder_.write("work/schemas/a.json", R"({"properties":{"event_type":{"const":"a.b"}}})");
  EXPECT_EQ(found(), "schemas");
}

TEST_F(Repository, CatalogueCompilesWithItsExamples) {
  auto repository = open(std::nullopt);
  SchemaValidator validator;
  const auto events = repository->list();
  EXPECT_THAT(events, Not(IsEmpty()));
  for (const EventSchemaInfo& event : events) {
    SCOPED_TRACE(event.event_type);
    const auto found = repository->find(event.event_type, event.version);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_THAT((*found)->examples, Not(IsEmpty()));
    for (const std::string& example : (*found)->examples) {
      const SchemaReport report = validator.validate((*found)->schema, example);
      EXPECT_TRUE(report.valid) << report.to_text("example");
    }
  }
}

}  // namespace
}  // namespace bb::schema
