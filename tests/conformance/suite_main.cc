// conformance_suite SUITE DRAFT LEFT_OUT REQUIRED_MIN
//
// Every test of one draft of the official suite, through both is_valid() and validate(): the
// verdicts must agree and be right. Prints how many passed, required tests as a whole and optional
// ones by file; exits 1 when any failed, or when fewer than REQUIRED_MIN required tests are there
// (a half-empty folder would prove nothing).
//
// `format` is an annotation in the required tests and asserts in optional/format/.

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/schema.h"
#include "left_out.h"
#include "suite.h"

namespace {

using namespace bb::conformance;  // NOLINT(google-build-using-namespace): the program is this file

struct Score {
  std::size_t passed = 0;
  std::size_t left_out = 0;
  std::size_t failed = 0;

  std::size_t all() const { return passed + left_out + failed; }
  void operator+=(const Score& other) {
    passed += other.passed;
    left_out += other.left_out;
    failed += other.failed;
  }
};

void print(std::string_view name, const Score& score) {
  std::printf("%-48s %4zu/%zu", std::string(name).c_str(), score.passed, score.all());
  if (score.left_out != 0) std::printf(", %zu left out", score.left_out);
  if (score.failed != 0) std::printf(", %zu FAILED", score.failed);
  std::printf("\n");
}

std::optional<bb::SchemaDraft> draft_of(std::string_view name) {
  if (name == "draft2020-12") return bb::SchemaDraft::k2020_12;
  if (name == "draft2019-09") return bb::SchemaDraft::k2019_09;
  if (name == "draft7") return bb::SchemaDraft::k7;
  return std::nullopt;
}

class Runner {
 public:
  Runner(std::filesystem::path suite, std::string draft_name, bb::SchemaDraft draft,
         LeftOut left_out)
      : suite_(std::move(suite)),
        draft_name_(std::move(draft_name)),
        draft_(draft),
        left_out_(std::move(left_out)) {}

  Score run(const SuiteFile& file) {
    Score score;
    for (const SuiteGroup& group : file.groups) {
      // Of the group's own: two groups may claim the same `$id`.
      bb::SchemaSet set({.default_draft = draft_, .assert_formats = file.asserts_formats()});
      set.map_prefix("http://localhost:1234/", suite_ / "remotes");
      const auto uri = set.add("https://conformance.invalid/schema", group.schema);
      const auto schema = uri ? set.compile(*uri) : bb::fail(uri.error());
      for (const SuiteTest& test : group.tests) {
        const std::optional<std::string> fault =
            schema ? fault_of(*schema, test) : "does not compile: " + schema.error().message;
        score += judge(file, group, test, fault);
      }
    }
    return score;
  }

  const LeftOut& left_out() const { return left_out_; }

 private:
  std::optional<std::string> fault_of(const bb::CompiledSchema& schema, const SuiteTest& test) {
    const bool quick = validator_.is_valid(schema, test.data);
    const bb::SchemaReport report = validator_.validate(schema, test.data);
    if (quick != report.valid) {
      return std::string("is_valid says ") + (quick ? "true" : "false") +
             " and validate the contrary";
    }
    if (!report.valid && report.violations.empty()) return "refused without a violation";
    if (report.valid && !report.violations.empty()) return "accepted with a violation";
    if (report.valid == test.valid) return std::nullopt;
    return report.valid ? "accepted what is wrong" : "refused: " + report.to_text("data");
  }

  Score judge(const SuiteFile& file, const SuiteGroup& group, const SuiteTest& test,
              const std::optional<std::string>& fault) {
    LeftOutCase* const entry =
        left_out_.find(draft_name_, file.name, group.description, test.description);
    if (entry != nullptr) ++entry->used;
    if (!fault && entry == nullptr) return {.passed = 1};
    if (fault && entry != nullptr) return {.left_out = 1};
    std::printf("FAILED %s: %s: %s\n  %s\n", file.name.c_str(), group.description.c_str(),
                test.description.c_str(),
                fault ? fault->c_str() : "passes, though left_out.json leaves it out");
    return {.failed = 1};
  }

  std::filesystem::path suite_;
  std::string draft_name_;
  bb::SchemaDraft draft_;
  LeftOut left_out_;
  bb::SchemaValidator validator_;
};

int run_draft(Runner& runner, const std::vector<SuiteFile>& files, std::string_view draft_name,
              std::size_t required_min) {
  Score required;
  Score optional;
  for (const SuiteFile& file : files) {
    const Score score = runner.run(file);
    (file.optional() ? optional : required) += score;
    if (file.optional()) print(file.name, score);
  }
  for (const LeftOutCase& entry : runner.left_out().cases()) {
    if (entry.used != 0)
      std::printf("left out: %s: %s\n", entry.file.c_str(), entry.reason.c_str());
  }
  print(std::string(draft_name) + " optional", optional);
  print(std::string(draft_name) + " required", required);
  if (required.all() < required_min) {
    std::printf("%zu required tests are fewer than the %zu that the suite has\n", required.all(),
                required_min);
    return 1;
  }
  // Nothing that is required may be left out.
  return required.failed + required.left_out + optional.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  std::size_t required_min = 0;
  if (arguments.size() != 4 ||
      std::from_chars(arguments[3].data(), arguments[3].data() + arguments[3].size(), required_min)
              .ec != std::errc()) {
    std::fprintf(stderr, "usage: conformance_suite SUITE DRAFT LEFT_OUT REQUIRED_MIN\n");
    return 2;
  }
  const std::filesystem::path suite(arguments[0]);
  const auto draft = draft_of(arguments[1]);
  if (!draft) {
    std::fprintf(stderr, "unknown draft\n");
    return 2;
  }
  auto left_out = LeftOut::read(arguments[2]);
  const auto files = read_suite(suite / "tests" / arguments[1]);
  if (!left_out || !files) {
    std::fprintf(stderr, "%s\n", (left_out ? files.error() : left_out.error()).message.c_str());
    return 1;
  }
  Runner runner(suite, std::string(arguments[1]), *draft, std::move(*left_out));
  return run_draft(runner, *files, arguments[1], required_min);
}
