// A valid text costs no allocation once the validator has seen one of its size: over every example
// of the catalogue and the cases of the benchmark.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "allocation_counter.h"
#include "bloodbank/schema.h"
#include "suite.h"

namespace bb::conformance {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = BB_SOURCE_DIR;

TEST(AllocationCounter, CountsWhatAsksForMemory) {
  const std::size_t before = allocation_count();
  // Through a volatile pointer, or the compiler leaves the pair out.
  const std::unique_ptr<std::string> text(new std::string(100, 'x'));
  void* volatile memory = std::malloc(10);
  std::free(memory);
  EXPECT_GE(allocation_count(), before + 2);
}

struct Case {
  std::string name;
  CompiledSchema schema;
  std::string instance;
};

CompiledSchema compile(const fs::path& path) {
  SchemaSet set;
  set.map_prefix("https://33god.dev/schemas/", kRoot / "schemas");
  const auto uri = set.add_file(path);
  EXPECT_TRUE(uri) << uri.error().message;
  auto schema = set.compile(*uri);
  EXPECT_TRUE(schema) << schema.error().message;
  return *std::move(schema);
}

void add_examples(const fs::path& path, std::vector<Case>& cases) {
  simdjson::dom::parser parser;
  simdjson::dom::array examples;
  const std::string text = read_file(path).value_or("");
  if (parser.parse(text)["examples"].get(examples) != simdjson::SUCCESS) return;
  const CompiledSchema schema = compile(path);
  for (const simdjson::dom::element example : examples) {
    cases.push_back({path.filename().string(), schema, simdjson::to_string(example)});
  }
}

std::vector<Case> catalogue_cases() {
  std::vector<Case> cases;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "schemas")) {
    if (entry.path().extension() == ".json") add_examples(entry.path(), cases);
  }
  return cases;
}

std::vector<Case> bench_cases() {
  const fs::path data = kRoot / "bench/validate/data";
  const fs::path voice =
      kRoot / "schemas/whisperlivekit/events/transcription.voice.completed.v1.schema.json";
  std::vector<Case> cases;
  for (const auto& [name, schema] :
       {std::pair{"voice_short.json", voice}, std::pair{"voice_long.json", voice},
        std::pair{"push.json", data / "push.schema.json"},
        std::pair{"plan.json", data / "plan.schema.json"}}) {
    cases.push_back({name, compile(schema), read_file(data / name).value_or("")});
  }
  return cases;
}

// Twice over all of them with one validator, as a broker would use it.
void expect_no_allocation(const std::vector<Case>& cases) {
  SchemaValidator validator;
  for (const Case& item : cases) {
    EXPECT_TRUE(validator.is_valid(item.schema, item.instance))
        << validator.validate(item.schema, item.instance).to_text(item.name);
  }
  for (const Case& item : cases) {
    const std::size_t before = allocation_count();
    const bool valid = validator.is_valid(item.schema, item.instance);
    const std::size_t allocations = allocation_count() - before;
    EXPECT_TRUE(valid) << item.name;
    EXPECT_EQ(allocations, 0U) << item.name;
  }
}

TEST(ValidText, AllocatesNothingInTheCatalogue) {
  const std::vector<Case> cases = catalogue_cases();
  EXPECT_GT(cases.size(), 30U);
  expect_no_allocation(cases);
}

TEST(ValidText, AllocatesNothingInTheCasesOfTheBenchmark) {
  expect_no_allocation(bench_cases());
}

// Seldom-used keywords, which the catalogue may not have.
TEST(ValidText, AllocatesNothingWhateverTheKeywords) {
  SchemaSet set;
  const auto uri = set.add("https://allocation.invalid/schema.json", R"({
    "$dynamicAnchor": "node",
    "properties": {
      "unique": {"uniqueItems": true},
      "contains": {"contains": {"const": 3}, "minContains": 2, "maxContains": 4},
      "unevaluated": {"allOf": [{"properties": {"a": true}}, {"patternProperties": {"^b+$": true}}],
                      "unevaluatedProperties": false},
      "items": {"prefixItems": [true], "anyOf": [{"prefixItems": [true, true]}],
                "unevaluatedItems": false},
      "choice": {"oneOf": [{"type": "string"}, {"enum": [1, {"a": [1]}]}]},
      "condition": {"if": {"required": ["a"]}, "then": {"maxProperties": 2}, "else": false},
      "names": {"propertyNames": {"pattern": "^(?!x).*$", "maxLength": 9}},
      "multiple": {"multipleOf": 0.01},
      "moment": {"format": "date-time"}, "mail": {"format": "idn-email"},
      "host": {"format": "idn-hostname"}, "link": {"format": "iri"},
      "regex": {"format": "regex"}, "duration": {"format": "duration"},
      "next": {"$dynamicRef": "#node"}
    },
    "additionalProperties": {"type": "null"},
    "dependentSchemas": {"unique": {"required": ["contains"]}}
  })");
  ASSERT_TRUE(uri);
  auto schema = set.compile(*uri);
  ASSERT_TRUE(schema) << schema.error().message;
  const std::string inner = R"({
    "unique": [1, "1", [1], {"a": 1}, {"a": 2}, null, 1.5, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
    "contains": [3, 3.0, 4], "unevaluated": {"a": 1, "bbb": 2}, "items": [1, 2],
    "choice": {"a": [1.0]}, "condition": {"a": 1}, "names": {"\u0061bc": 1}, "multiple": 12.34,
    "moment": "2026-01-27T10:15:30Z", "mail": "jana@mail.example", "host": "host.example",
    "link": "https://host.example/a?b#c", "duration": "P1DT2H", "other": null)";
  expect_no_allocation({{"all", *schema, inner + R"(, "next": )" + inner + "}}"}});
}

}  // namespace
}  // namespace bb::conformance
