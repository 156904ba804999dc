// conformance_octokit SCHEMA CASES DIFFERENCES
//
// Our verdict on each line of CASES (node/octokit_cases.js) is ajv's, with formats that assert and
// with formats that annotate. DIFFERENCES is an array of {"name", "formats", "reason"}, where the
// two are known to differ and why; one that no longer differs is a failure too.

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/try.h"
#include "bloodbank/schema.h"
#include "suite.h"

namespace {

namespace ondemand = simdjson::ondemand;

struct Case {
  std::string name;
  std::string schema;  // a fragment: "#/definitions/push$event"
  bool formats = false;
  bool plain = false;
  std::string instance;
};

struct Difference {
  std::string name;
  bool formats = false;
  std::string reason;
  bool seen = false;
};

std::string text_of(ondemand::value value) {
  return std::string(std::string_view(value.get_string()));
}

bb::Result<std::vector<Case>> read_cases(const char* path) {
  BB_TRY_ASSIGN(const std::string text, bb::conformance::read_file(path));
  std::vector<Case> cases;
  try {
    ondemand::parser parser;
    std::string_view rest = text;
    while (!rest.empty()) {
      const simdjson::padded_string line(rest.substr(0, rest.find('\n')));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      ondemand::document document = parser.iterate(line);
      Case& item = cases.emplace_back();
      item.name = text_of(document["name"]);
      item.schema = text_of(document["schema"]);
      item.formats = document["formats"].get_bool();
      item.plain = document["plain"].get_bool();
      item.instance = std::string(document["instance"].get_object().value().raw_json().value());
    }
  } catch (const simdjson::simdjson_error& error) {
    return bb::fail(bb::ErrorCode::kInvalidJson, std::string(path) + ": " + error.what());
  }
  return cases;
}

bb::Result<std::vector<Difference>> read_differences(const char* path) {
  BB_TRY_ASSIGN(const std::string text, bb::conformance::read_file(path));
  std::vector<Difference> differences;
  try {
    simdjson::dom::parser parser;
    for (const simdjson::dom::object entry : parser.parse(text).get_array()) {
      differences.push_back({.name = std::string(std::string_view(entry["name"])),
                             .formats = entry["formats"].get_bool(),
                             .reason = std::string(std::string_view(entry["reason"]))});
    }
  } catch (const simdjson::simdjson_error& error) {
    return bb::fail(bb::ErrorCode::kInvalidJson, std::string(path) + ": " + error.what());
  }
  return differences;
}

// One reading of the schemas: with formats that assert, or that annotate.
class Referee {
 public:
  static bb::Result<Referee> make(const std::string& schema_text, bool assert_formats) {
    Referee referee(assert_formats);
    BB_TRY_ASSIGN(referee.uri_,
                  referee.set_.add("https://octokit.invalid/webhooks.json", schema_text));
    return referee;
  }

  bb::Result<bb::SchemaReport> verdict(const Case& item) {
    auto found = compiled_.find(item.schema);
    if (found == compiled_.end()) {
      BB_TRY_ASSIGN(bb::CompiledSchema schema, set_.compile(uri_ + item.schema));
      found = compiled_.emplace(item.schema, std::move(schema)).first;
    }
    bb::SchemaReport report = validator_.validate(found->second, item.instance);
    if (validator_.is_valid(found->second, item.instance) != report.valid) {
      return bb::fail(bb::ErrorCode::kFailure, "is_valid and validate disagree");
    }
    return report;
  }

 private:
  explicit Referee(bool assert_formats)
      : set_({.default_draft = bb::SchemaDraft::k7, .assert_formats = assert_formats}) {}

  bb::SchemaSet set_;
  std::string uri_;
  std::map<std::string, bb::CompiledSchema> compiled_;
  bb::SchemaValidator validator_;
};

// The number of cases in which the two differ without a reason.
bb::Result<std::size_t> compare(const std::string& schema_text, const std::vector<Case>& cases,
                                std::vector<Difference>& differences, bool formats) {
  BB_TRY_ASSIGN(Referee referee, Referee::make(schema_text, formats));
  std::size_t same = 0;
  std::size_t unexplained = 0;
  for (const Case& item : cases) {
    BB_TRY_ASSIGN(const bb::SchemaReport report, referee.verdict(item));
    const bool theirs = formats ? item.formats : item.plain;
    if (report.valid == theirs) {
      ++same;
      continue;
    }
    const auto known = std::ranges::find_if(differences, [&](const Difference& difference) {
      return difference.name == item.name && difference.formats == formats;
    });
    if (known != differences.end()) {
      known->seen = true;
      continue;
    }
    ++unexplained;
    std::printf("FAILED %s (%s): ajv says %s; we say: %s\n", item.name.c_str(), item.schema.c_str(),
                theirs ? "valid" : "invalid", report.to_text("instance").c_str());
  }
  std::printf("%s: the same verdict in %zu of %zu cases\n",
              formats ? "formats assert" : "formats annotate", same, cases.size());
  return unexplained;
}

bb::Result<bool> run(const char* schema_path, const char* cases_path,
                     const char* differences_path) {
  BB_TRY_ASSIGN(const std::string schema_text, bb::conformance::read_file(schema_path));
  BB_TRY_ASSIGN(const std::vector<Case> cases, read_cases(cases_path));
  BB_TRY_ASSIGN(std::vector<Difference> differences, read_differences(differences_path));
  if (cases.size() < 1000) return bb::fail(bb::ErrorCode::kFailure, "hardly any cases");
  BB_TRY_ASSIGN(const std::size_t formats, compare(schema_text, cases, differences, true));
  BB_TRY_ASSIGN(const std::size_t plain, compare(schema_text, cases, differences, false));
  bool good = formats + plain == 0;
  for (const Difference& difference : differences) {
    if (difference.seen) continue;
    std::printf("FAILED %s: no longer a difference\n", difference.name.c_str());
    good = false;
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: conformance_octokit SCHEMA CASES DIFFERENCES\n");
    return 2;
  }
  const auto good = run(argv[1], argv[2], argv[3]);
  if (!good) {
    std::fprintf(stderr, "%s\n", good.error().message.c_str());
    return 1;
  }
  return *good ? 0 : 1;
}
