#include "cli/validate_check.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bloodbank/uuid.h"
#include "cli/validate_lines.h"

namespace bb::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kEnvelope =
    R"({"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"a.b",)"
    R"("timestamp":"2026-01-27T10:15:30Z","version":"1.0.0",)"
    R"("source":{"host":"h","type":"manual"},"payload":{"n":1}})";

class ValidateTest : public testing::Test {
 protected:
  ValidateTest() {
    std::filesystem::create_directories(root_ / "a/events");
    std::ofstream(root_ / "a/events/a.b.v1.schema.json")
        << R"({"$id":"https://example.com/a.json","x-bloodbank":{"event_type":"a.b"},)"
           R"("properties":{"n":{"type":"integer"}}})";
    std::ofstream(root_ / "a/events/a.broken.v1.schema.json") << R"({"type":7})";
    options_.schemas = root_.string();
  }
  ~ValidateTest() override { std::filesystem::remove_all(root_); }

  Findings explain(std::string_view text) {
    auto schemas = ValidateSchemas::open(options_);
    EXPECT_TRUE(schemas) << schemas.error().message;
    TextChecker checker(options_, **schemas);
    Findings findings = checker.explain(text, {"file", 7});
    EXPECT_EQ(checker.is_valid(text), findings.verdict == Verdict::kValid);
    return findings;
  }

  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("bb-validate-" + Uuid::v4().to_string());
  ValidateOptions options_;
};

TEST_F(ValidateTest, APayloadIsAnObject) {
  options_.event_type = "a.b";
  EXPECT_EQ(explain(R"( {"n":1} )").verdict, Verdict::kValid);
  EXPECT_EQ(explain("[1]").verdict, Verdict::kInvalid);
  EXPECT_THAT(explain("\n [1]").output, StartsWith("file:8:2: expected an object"));
  EXPECT_THAT(explain("[1").output, StartsWith("file:7:3: not JSON"));
  EXPECT_THAT(explain("").output, HasSubstr("not JSON"));
  options_.any_json = true;
  EXPECT_EQ(explain("[1]").verdict, Verdict::kValid);
}

TEST_F(ValidateTest, PlacesAreThoseOfTheFile) {
  options_.event_type = "a.b";
  EXPECT_THAT(explain(R"({"n":"x"})").output, StartsWith("file:7:6: /n: expected"));
  options_ = {};
  options_.schemas = root_.string();
  options_.envelope = true;
  std::string envelope(kEnvelope);
  envelope.replace(envelope.find("{\"n\":1}"), 7, "\n {\"n\":\"x\"}");
  EXPECT_THAT(explain(envelope).output, StartsWith("file:8:7: /payload/n: expected"));
}

TEST_F(ValidateTest, AnEnvelopeIsCheckedByItsOwnEventType) {
  options_.envelope = true;
  EXPECT_EQ(explain(kEnvelope).verdict, Verdict::kValid);
  EXPECT_THAT(explain("{}").output, HasSubstr("file:7:1: /event_id: expected"));
  EXPECT_THAT(explain("{").output, StartsWith("file:7:2: not JSON"));
  std::string other(kEnvelope);
  other.replace(other.find("a.b"), 3, "x.y");
  EXPECT_EQ(explain(other).verdict, Verdict::kInvalid);
  EXPECT_THAT(explain(other).output, HasSubstr("/event_type"));
  other.replace(other.find("x.y"), 3, "a.broken");
  EXPECT_EQ(explain(other).verdict, Verdict::kUnknown);
  EXPECT_EQ(explain(other).error->code, ErrorCode::kInvalidSchema);
  options_.event_type = "a.b";
  EXPECT_THAT(explain(other).output, HasSubstr("\"a.b\""));
}

TEST_F(ValidateTest, JsonOutputIsALineForEachText) {
  options_.event_type = "a.b";
  options_.json_output = true;
  EXPECT_EQ(explain("{}").output, "{\"file\":\"file\",\"line\":7,\"valid\":true}\n");
  for (const char* const text : {"[]", R"({"n":"x"})", "{"}) {
    const std::string line = explain(text).output;
    EXPECT_THAT(line, StartsWith("{\"file\":\"file\",\"line\":7,\"valid\":false,\"errors\":[{"));
    EXPECT_TRUE(check_json(line)) << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
}

// Blocks of a few lines, so that threads come into it whatever the machine is.
TEST_F(ValidateTest, LinesAreToldInOrderWhoeverChecksThem) {
  options_.event_type = "a.b";
  const std::filesystem::path path = root_ / "lines";
  constexpr std::size_t kLines = 20'000;
  std::string expected;
  {
    std::ofstream file(path);
    for (std::size_t line = 1; line <= kLines; ++line) {
      file << (line % 7 == 0 ? "{\"n\":\"x\"}" : line % 11 == 0 ? "" : "{\"n\":1}") << '\n';
    }
  }
  auto schemas = ValidateSchemas::open(options_);
  ASSERT_TRUE(schemas) << schemas.error().message;
  ValidateLinesJob job;
  job.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  job.name = "lines";
  job.block_bytes = 100;
  job.threads = 4;
  job.make_checker = [&] { return TextChecker(options_, **schemas); };
  std::string output;
  job.on_output = [&](std::string_view text) {
    output += text;
    return true;
  };
  const auto counts = validate_lines(job);
  ::close(job.fd);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->invalid, kLines / 7);
  EXPECT_EQ(counts->valid, kLines - kLines / 7 - kLines / 11 + kLines / 77);
  std::vector<std::size_t> told;
  for (std::size_t at = output.find("lines:"); at != std::string::npos;
       at = output.find("\nlines:", at)) {
    at = output.find(':', at) + 1;
    told.push_back(std::stoul(output.substr(at)));
  }
  ASSERT_EQ(told.size(), kLines / 7);
  for (std::size_t i = 0; i < told.size(); ++i) ASSERT_EQ(told[i], (i + 1) * 7);
}

TEST_F(ValidateTest, EndsWhenNobodyReads) {
  options_.event_type = "a.b";
  const std::filesystem::path path = root_ / "lines";
  {
    std::ofstream file(path);
    for (int line = 0; line < 10'000; ++line) file << "[]\n";
  }
  auto schemas = ValidateSchemas::open(options_);
  ASSERT_TRUE(schemas) << schemas.error().message;
  ValidateLinesJob job;
  job.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  job.block_bytes = 100;
  job.threads = 4;
  job.make_checker = [&] { return TextChecker(options_, **schemas); };
  int outputs = 0;
  job.on_output = [&](std::string_view) {
    ++outputs;
    return false;
  };
  const auto counts = validate_lines(job);
  ::close(job.fd);
  ASSERT_TRUE(counts);
  EXPECT_EQ(outputs, 1);
  EXPECT_LT(counts->invalid, 10'000U);
}

}  // namespace
}  // namespace bb::cli
