#include "cli/publish_gate.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "bloodbank/uuid.h"

namespace bb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kSchema = R"({
  "$id": "https://example.com/a/b.json",
  "x-bloodbank": {"event_type": "a.b"},
  "type": "object",
  "properties": {"n": {"type": "integer", "minimum": 1}},
  "required": ["n"],
  "examples": [{ "n": 1.0 }, {"n": 2}]
})";

class PublishGateTest : public testing::Test {
 protected:
  PublishGateTest() {
    write("a.b.v1", kSchema);
    write("a.made.v1", R"({"$id": "https://example.com/a/made.json",
      "x-bloodbank": {"event_type": "a.made", "routing_key": "a.{how}"}})");
    write("a.broken.v1", R"({"$id": "https://example.com/a/broken.json", "type": 7})");
  }
  ~PublishGateTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& stem, std::string_view text) {
    std::filesystem::create_directories(root_ / "a/events");
    std::ofstream(root_ / "a/events" / (stem + ".schema.json")) << text;
  }

  PublishGate gate(ValidationMode mode, std::optional<std::uint32_t> version = {}) {
    PublishGate::Options options;
    options.mode = mode;
    options.version = version;
    options.open_repository = [this] {
      ++opened_;
      schema::RepositoryOptions repository;
      repository.root = root_;
      repository.refresh_ms = 0;
      repository.on_warning = [this](const std::string& text) { warnings_.push_back(text); };
      return schema::SchemaRepository::open(std::move(repository));
    };
    options.on_notice = [this](const std::string& notice) { notices_.push_back(notice); };
    return PublishGate(std::move(options));
  }

  // "" or the error's message.
  std::string check(PublishGate& gate, const std::string& event_type, std::string_view payload) {
    const auto checked = gate.check(event_type, {payload, "event.json", 3, 5}, "/payload");
    if (!checked) code_ = checked.error().code;
    if (checked) schema_id_ = *checked;
    return checked ? "" : checked.error().message;
  }

  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("bb-gate-" + Uuid::v4().to_string());
  int opened_ = 0;
  std::vector<std::string> notices_;
  std::vector<std::string> warnings_;
  std::string schema_id_;
  ErrorCode code_ = ErrorCode::kFailure;
};

TEST_F(PublishGateTest, SaysWhichSchemaAcceptedAPayload) {
  PublishGate strict = gate(ValidationMode::kStrict);
  EXPECT_EQ(check(strict, "a.b", R"({"n":1})"), "");
  EXPECT_EQ(schema_id_, "https://example.com/a/b.json");
}

TEST_F(PublishGateTest, TellsEveryViolationWhereThePersonSeesIt) {
  PublishGate strict = gate(ValidationMode::kStrict);
  const std::string message = check(strict, "a.b", R"({"n":0.5})");
  EXPECT_EQ(code_, ErrorCode::kInvalidPayload);
  EXPECT_THAT(message, HasSubstr("https://example.com/a/b.json"));
  EXPECT_THAT(message, HasSubstr("event.json:3:10: /payload/n: "));
  EXPECT_THAT(message, HasSubstr("integer"));
  EXPECT_THAT(message, HasSubstr("minimum"));
}

TEST_F(PublishGateTest, StrictRefusesATypeWithoutASchema) {
  PublishGate strict = gate(ValidationMode::kStrict);
  const std::string message = check(strict, "a.bb", "{}");
  EXPECT_EQ(code_, ErrorCode::kNoSchema);
  EXPECT_THAT(message, HasSubstr("a.b"));
  EXPECT_THAT(message, HasSubstr("--permissive-validation"));
  EXPECT_THAT(message, HasSubstr("bb list-events"));
  EXPECT_THAT(message, HasSubstr((root_ / "a/events/a.bb.v1.schema.json").string()));
}

TEST_F(PublishGateTest, PermissiveLetsATypeWithoutASchemaThroughAndSaysSoOnce) {
  PublishGate permissive = gate(ValidationMode::kPermissive);
  EXPECT_EQ(check(permissive, "x.y", "{}"), "");
  EXPECT_EQ(schema_id_, "");
  EXPECT_EQ(check(permissive, "x.y", "{}"), "");
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("'x.y'")));
}

TEST_F(PublishGateTest, PermissiveEnforcesASchemaThatIsThere) {
  PublishGate permissive = gate(ValidationMode::kPermissive);
  EXPECT_NE(check(permissive, "a.b", "{}"), "");
  EXPECT_EQ(code_, ErrorCode::kInvalidPayload);
  EXPECT_NE(check(permissive, "a.broken", "{}"), "");
  EXPECT_EQ(code_, ErrorCode::kInvalidSchema);
  // Who asks for a version wants that one.
  PublishGate second = gate(ValidationMode::kPermissive, 2);
  EXPECT_NE(check(second, "a.b", R"({"n":1})"), "");
  EXPECT_EQ(code_, ErrorCode::kNoSchema);
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(PublishGateTest, SkippingLooksAtNothing) {
  PublishGate skip = gate(ValidationMode::kSkip);
  EXPECT_EQ(check(skip, "a.b", "{}"), "");
  EXPECT_EQ(check(skip, "a.broken", "{}"), "");
  EXPECT_EQ(schema_id_, "");
  EXPECT_EQ(opened_, 0);
}

TEST_F(PublishGateTest, ABrokenSchemaIsNotThePayloadsFault) {
  PublishGate strict = gate(ValidationMode::kStrict);
  EXPECT_THAT(check(strict, "a.broken", "{}"), HasSubstr("a.broken.v1.schema.json"));
  EXPECT_EQ(code_, ErrorCode::kInvalidSchema);
}

TEST_F(PublishGateTest, SeesASchemaThatChanges) {
  PublishGate strict = gate(ValidationMode::kStrict);
  EXPECT_EQ(check(strict, "a.b", R"({"n":1})"), "");
  write("a.b.v1", R"({"required": ["another"]})");
  EXPECT_NE(check(strict, "a.b", R"({"n":1})"), "");
  EXPECT_EQ(code_, ErrorCode::kInvalidPayload);
  write("a.b.v1", "{");
  EXPECT_EQ(check(strict, "a.b", R"({"another":1})"), "");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("'a.b'")));
  std::filesystem::remove(root_ / "a/events/a.b.v1.schema.json");
  EXPECT_NE(check(strict, "a.b", R"({"another":1})"), "");
  EXPECT_EQ(code_, ErrorCode::kNoSchema);
}

TEST_F(PublishGateTest, APayloadThatCannotBeCheckedIsToldApart) {
  write("a.costly.v1", R"({"properties": {"s": {"pattern": "^(?:(a+)+)+\\1$"}}})");
  PublishGate strict = gate(ValidationMode::kStrict);
  EXPECT_NE(check(strict, "a.costly", "{\"s\":\"" + std::string(60, 'a') + "b\"}"), "");
  EXPECT_EQ(code_, ErrorCode::kInvalidSchema);
  EXPECT_TRUE(strict.is_unchecked());
  EXPECT_NE(check(strict, "a.broken", "{}"), "");
  EXPECT_FALSE(strict.is_unchecked());
}

TEST_F(PublishGateTest, ThePayloadMayNotContradictItsRoutingKey) {
  PublishGate strict = gate(ValidationMode::kStrict);
  EXPECT_EQ(check(strict, "a.made", R"({"how":"made"})"), "");
  EXPECT_THAT(check(strict, "a.made", R"({"how":"found"})"), HasSubstr("'a.found'"));
  EXPECT_EQ(code_, ErrorCode::kInvalidPayload);
  EXPECT_THAT(check(strict, "a.made", "{}"), HasSubstr("\"how\""));
}

TEST_F(PublishGateTest, AMockIsTheFirstExampleOnOneLine) {
  PublishGate strict = gate(ValidationMode::kStrict);
  EXPECT_EQ(strict.first_example("a.b"), R"({"n":1.0})");
  EXPECT_EQ(strict.first_example("a.made").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(strict.first_example("a.unknown").error().code, ErrorCode::kNoSchema);
  EXPECT_EQ(opened_, 1);
}

}  // namespace
}  // namespace bb::cli
