#include "suite.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/try.h"

namespace bb::conformance {
namespace {

namespace fs = std::filesystem;
namespace ondemand = simdjson::ondemand;

// Exactly the bytes: a number such as 1.0 or 98249283749234923498293171823948729348710298301928331
// would not survive a parser.
std::string source_of(ondemand::value value) {
  std::string_view text;
  switch (value.type()) {
    case ondemand::json_type::object:
      text = value.get_object().value().raw_json();
      break;
    case ondemand::json_type::array:
      text = value.get_array().value().raw_json();
      break;
    default:
      text = value.raw_json_token();
      text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
      break;
  }
  return std::string(text);
}

std::string text_of(ondemand::value value) {
  return std::string(std::string_view(value.get_string()));
}

SuiteTest read_test(ondemand::object object) {
  SuiteTest test;
  for (ondemand::field field : object) {
    const std::string_view name = field.unescaped_key();
    if (name == "description") test.description = text_of(field.value());
    if (name == "data") test.data = source_of(field.value());
    if (name == "valid") test.valid = field.value().get_bool();
  }
  return test;
}

SuiteGroup read_group(ondemand::object object) {
  SuiteGroup group;
  for (ondemand::field field : object) {
    const std::string_view name = field.unescaped_key();
    if (name == "description") group.description = text_of(field.value());
    if (name == "schema") group.schema = source_of(field.value());
    if (name != "tests") continue;
    for (ondemand::value test : field.value().get_array()) {
      group.tests.push_back(read_test(test.get_object()));
    }
  }
  return group;
}

Result<std::vector<SuiteGroup>> read_groups(const fs::path& path) {
  BB_TRY_ASSIGN(const std::string text, read_file(path));
  try {
    std::vector<SuiteGroup> groups;
    ondemand::parser parser;
    const simdjson::padded_string padded(text);
    ondemand::document document = parser.iterate(padded);
    for (ondemand::value group : document.get_array()) {
      groups.push_back(read_group(group.get_object()));
    }
    return groups;
  } catch (const simdjson::simdjson_error& error) {
    return fail(ErrorCode::kInvalidJson, path.string() + ": " + error.what());
  }
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    return fail(ErrorCode::kIo, path.string() + ": cannot be read");
  }
  return text;
}

Result<std::vector<SuiteFile>> read_suite(const fs::path& draft_folder) {
  std::error_code error;
  std::vector<SuiteFile> files;
  fs::recursive_directory_iterator entries(draft_folder, error);
  if (error) return fail(ErrorCode::kIo, draft_folder.string() + ": " + error.message());
  for (const auto& entry : entries) {
    if (!entry.is_regular_file(error) || entry.path().extension() != ".json") continue;
    SuiteFile file;
    file.name = entry.path().lexically_relative(draft_folder).generic_string();
    BB_TRY_ASSIGN(file.groups, read_groups(entry.path()));
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &SuiteFile::name);
  return files;
}

}  // namespace bb::conformance
