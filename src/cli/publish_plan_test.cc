#include "cli/publish_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace bb::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Uuid kId = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
const Uuid kParent = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
constexpr std::string_view kEnvelope =
    R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"a.b",)"
    R"("timestamp":"2026-01-27T10:15:30Z","version":"1.0.0",)"
    R"("source":{"host":"h","type":"manual","app":null,"meta":null},)"
    R"("correlation_ids":["dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"],"agent_context":null,)"
    R"("payload":{"n":1.10}})";

PublishOptions with_json(std::string payload) {
  PublishOptions options;
  options.event_type = "a.b";
  options.json = std::move(payload);
  return options;
}

PublishOptions with_envelope(std::string envelope) {
  PublishOptions options;
  options.envelope_json = std::move(envelope);
  return options;
}

// A file of that content, removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_((std::filesystem::path(testing::TempDir()) / ("bb-plan-" + Uuid::v4().to_string()))
                  .string()) {
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// As the command does, but for the schemas, which publish_gate_test.cc is about.
Result<std::vector<PlannedEvent>> plan(const PublishOptions& options) {
  if (auto checked = check_options(options); !checked) return fail(checked.error());
  PublishGate::Options skip;
  skip.mode = ValidationMode::kSkip;
  PublishGate gate(std::move(skip));
  return plan_publish(options, gate);
}

void expect_error(const PublishOptions& options, ErrorCode code, std::string_view words) {
  const auto planned = plan(options);
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, code) << planned.error().message;
  EXPECT_THAT(planned.error().message, HasSubstr(std::string(words)));
}

TEST(PublishPlan, WrapsThePayloadUntouched) {
  PublishOptions options = with_json(" {\"n\": 1.10, \"n\": 1e400} \n");
  options.event_id = kId;
  options.correlation_ids = {kParent, kId};
  options.source_type = SourceType::kHook;
  options.source_app = "app";
  options.source_host = "host";
  const auto planned = plan(options);
  ASSERT_TRUE(planned) << planned.error().message;
  ASSERT_THAT(*planned, SizeIs(1));
  const PlannedEvent& event = planned->front();
  EXPECT_EQ(event.event_type, "a.b");
  EXPECT_EQ(event.event_id, kId.to_string());
  EXPECT_EQ(event.correlation_id, kParent.to_string());
  const auto envelope = parse_envelope(event.body);
  ASSERT_TRUE(envelope) << event.body;
  EXPECT_EQ(envelope->payload, "{\"n\": 1.10, \"n\": 1e400}");
  EXPECT_EQ(envelope->source.type, SourceType::kHook);
  EXPECT_EQ(envelope->source.app, "app");
  EXPECT_EQ(envelope->source.host, "host");
  EXPECT_THAT(envelope->correlation_ids, testing::ElementsAre(kParent, kId));
}

TEST(PublishPlan, EachEventHasAnIdOfItsOwn) {
  const auto first = plan(with_json("{}"));
  const auto second = plan(with_json("{}"));
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->front().event_id, second->front().event_id);
  EXPECT_EQ(first->front().correlation_id, std::nullopt);
}

TEST(PublishPlan, PayloadComesFromAFile) {
  const TemporaryFile file("{\"from\":\"file\"}\n");
  PublishOptions options;
  options.event_type = "a.b";
  options.payload_file = file.path();
  EXPECT_THAT(plan(options)->front().body, HasSubstr("{\"from\":\"file\"}"));
  EXPECT_THAT(plan(with_json("@" + file.path()))->front().body, HasSubstr("{\"from\":\"file\"}"));
}

TEST(PublishPlan, TakesExactlyOneSource) {
  PublishOptions options;
  options.event_type = "a.b";
  for (const std::string_view choice :
       {"--payload-file", "--json", "--envelope-file", "--envelope-json"}) {
    expect_error(options, ErrorCode::kUsage, choice);
  }
  options.json = "{}";
  options.payload_file = "x";
  expect_error(options, ErrorCode::kUsage, "exactly one of --payload-file");
}

TEST(PublishPlan, ChecksTheEventTypeBeforeAnythingIsRead) {
  PublishOptions options;
  options.payload_file = "/nonexistent";
  expect_error(options, ErrorCode::kUsage, "EVENT_TYPE");
  options.event_type = "Not A Type";
  expect_error(options, ErrorCode::kUsage, "'Not A Type'");
}

TEST(PublishPlan, PlacesAnErrorOfThePayload) {
  expect_error(with_json("{\n  \"a\": tru\n}"), ErrorCode::kInvalidJson,
               "--json is not JSON: line 2");
  expect_error(with_json(""), ErrorCode::kInvalidJson, "line 1");
  const TemporaryFile file("{");
  expect_error(with_json("@" + file.path()), ErrorCode::kInvalidJson, file.path());
}

TEST(PublishPlan, PayloadMustBeAnObject) {
  expect_error(with_json("[1]"), ErrorCode::kInvalidEnvelope, "it is an array");
  expect_error(with_json("\"x\""), ErrorCode::kInvalidEnvelope, "it is a string");
  expect_error(with_json("1"), ErrorCode::kInvalidEnvelope, "it is a number");
  expect_error(with_json("null"), ErrorCode::kInvalidEnvelope, "it is null");
  expect_error(with_json("true"), ErrorCode::kInvalidEnvelope, "it is a boolean");
}

TEST(PublishPlan, OptionsMustBeUtf8) {
  PublishOptions options = with_json("{}");
  options.source_app = "caf\xe9";
  expect_error(options, ErrorCode::kUsage, "UTF-8");
}

TEST(PublishPlan, EnvelopeIsPublishedAsItIs) {
  const std::string spaced = "{ " + std::string(kEnvelope.substr(1));
  const auto planned = plan(with_envelope(spaced + "\n"));
  ASSERT_TRUE(planned) << planned.error().message;
  ASSERT_THAT(*planned, SizeIs(1));
  EXPECT_EQ(planned->front().body, spaced);
  EXPECT_EQ(planned->front().event_type, "a.b");
  EXPECT_EQ(planned->front().event_id, kId.to_string());
  EXPECT_EQ(planned->front().correlation_id, kParent.to_string());
}

TEST(PublishPlan, EnvelopeIsPublishedUnderItsIdAsWritten) {
  std::string upper = kId.to_string();
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string envelope(kEnvelope);
  envelope.replace(envelope.find(kId.to_string()), upper.size(), upper);
  // A name may be written with escapes, too.
  envelope.replace(envelope.find("event_id"), 8, "event\\u005fid");
  const auto planned = plan(with_envelope(envelope));
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->front().event_id, upper);
}

TEST(PublishPlan, EnvelopeFileHoldsAStream) {
  const TemporaryFile file(std::string(kEnvelope) + "\n" + std::string(kEnvelope) + "\n\n");
  PublishOptions options;
  options.envelope_file = file.path();
  EXPECT_THAT(*plan(options), SizeIs(2));
}

TEST(PublishPlan, OneBadEnvelopeOfAStreamStopsAll) {
  const TemporaryFile file(std::string(kEnvelope) + "\n{}\n");
  PublishOptions options;
  options.envelope_file = file.path();
  expect_error(options, ErrorCode::kInvalidEnvelope, "envelope 2 (line 2)");
  const TemporaryFile broken(std::string(kEnvelope) + "\n{\"a\":}\n");
  options.envelope_file = broken.path();
  expect_error(options, ErrorCode::kInvalidJson, "line 2, column 6");
}

TEST(PublishPlan, EveryStructuralErrorIsNamed) {
  const auto planned = plan(with_envelope("{\"event_id\":\"42\"}"));
  ASSERT_FALSE(planned);
  EXPECT_THAT(planned.error().message,
              AllOf(HasSubstr("/event_id"), HasSubstr("/payload"), HasSubstr("/source")));
  EXPECT_THAT(planned.error().message, testing::Not(HasSubstr("\n")));
}

TEST(PublishPlan, FileWithoutAnEnvelopeIsAnError) {
  const TemporaryFile file(" \n");
  PublishOptions options;
  options.envelope_file = file.path();
  expect_error(options, ErrorCode::kInvalidJson, "no envelope");
}

TEST(PublishPlan, EventTypeMustBeTheEnvelopes) {
  PublishOptions options = with_envelope(std::string(kEnvelope));
  options.event_type = "a.b";
  EXPECT_TRUE(plan(options));
  options.event_type = "a.c";
  expect_error(options, ErrorCode::kUsage, "'a.c'");
}

TEST(PublishPlan, OptionsThatBuildAnEnvelopeDoNotGoWithOne) {
  const auto envelope = [] { return with_envelope(std::string(kEnvelope)); };
  PublishOptions options = envelope();
  options.event_id = kId;
  expect_error(options, ErrorCode::kUsage, "--event-id");
  options = envelope();
  options.correlation_ids = {kId};
  expect_error(options, ErrorCode::kUsage, "--correlation-id");
  options = envelope();
  options.source_type = SourceType::kAgent;
  expect_error(options, ErrorCode::kUsage, "--source-type");
  options = envelope();
  options.source_app = "x";
  expect_error(options, ErrorCode::kUsage, "--source-app");
  options = envelope();
  options.source_host = "x";
  expect_error(options, ErrorCode::kUsage, "--source-host");
}

TEST(PublishPlan, FillsAnEventTypeFromThePayload) {
  PublishOptions options = with_json(R"({"action":"created"})");
  options.event_type = "artifact.{action}";
  const auto planned = plan(options);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->front().event_type, "artifact.created");
  EXPECT_EQ(parse_envelope(planned->front().body)->event_type, "artifact.created");
  options.json = "{}";
  expect_error(options, ErrorCode::kInvalidPayload, "no field \"action\"");
  options.event_type = "artifact.{action";
  expect_error(options, ErrorCode::kUsage, "'artifact.{action'");
}

TEST(PublishPlan, ATemplateNeedsAPayload) {
  PublishOptions options = with_envelope(std::string(kEnvelope));
  options.event_type = "a.{b}";
  expect_error(options, ErrorCode::kUsage, "--envelope-json");
  options = PublishOptions();
  options.event_type = "a.{b}";
  options.mock = true;
  expect_error(options, ErrorCode::kUsage, "--mock");
}

TEST(PublishPlan, AMockIsTheOnlySource) {
  PublishOptions options = with_json("{}");
  options.mock = true;
  expect_error(options, ErrorCode::kUsage, "exactly one of");
}

TEST(PublishPlan, OptionsOfLinesGoWithLines) {
  PublishOptions options = with_json("{}");
  options.envelopes = true;
  expect_error(options, ErrorCode::kUsage, "--jsonl");
  options = PublishOptions();
  options.event_type = "a.b";
  options.lines_file = "x";
  options.event_id = kId;
  expect_error(options, ErrorCode::kUsage, "--event-id");
  options.event_id.reset();
  options.envelopes = true;
  options.source_app = "x";
  expect_error(options, ErrorCode::kUsage, "--envelopes");
}

TEST(PublishPlan, NamesTheFileThatCannotBeRead) {
  PublishOptions options;
  options.event_type = "a.b";
  options.payload_file = "/nonexistent/event.json";
  expect_error(options, ErrorCode::kIo, "/nonexistent/event.json");
  options.payload_file = "/";
  expect_error(options, ErrorCode::kIo, "directory");
}

}  // namespace
}  // namespace bb::cli
