// The official JSON-Schema-Test-Suite: every test of a draft as data.
// https://github.com/json-schema-org/JSON-Schema-Test-Suite, README.md
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bloodbank/result.h"

namespace bb::conformance {

struct SuiteTest {
  std::string description;
  std::string data;  // the instance, as its bytes are in the file
  bool valid = false;
};

struct SuiteGroup {
  std::string description;
  std::string schema;  // as its bytes are in the file
  std::vector<SuiteTest> tests;
};

struct SuiteFile {
  std::string name;  // below the draft's folder: "optional/format/date.json"
  std::vector<SuiteGroup> groups;

  bool optional() const { return name.starts_with("optional/"); }
  bool asserts_formats() const { return name.starts_with("optional/format/"); }
};

// Every file below `draft_folder`, by name. Errors: kIo, kInvalidJson, each with the path.
Result<std::vector<SuiteFile>> read_suite(const std::filesystem::path& draft_folder);

// The bytes of a file. Error: kIo with the path.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace bb::conformance
