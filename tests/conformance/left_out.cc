#include "left_out.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "suite.h"

namespace bb::conformance {
namespace {

std::string optional_text(simdjson::dom::object object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

LeftOutCase read_case(simdjson::dom::object object) {
  LeftOutCase entry;
  for (std::string_view draft : object["drafts"].get_array()) entry.drafts.emplace_back(draft);
  entry.file = std::string(std::string_view(object["file"]));
  entry.group = optional_text(object, "group");
  entry.test = optional_text(object, "test");
  entry.reason = std::string(std::string_view(object["reason"]));
  return entry;
}

}  // namespace

Result<LeftOut> LeftOut::read(const std::filesystem::path& path) {
  BB_TRY_ASSIGN(const std::string text, read_file(path));
  LeftOut left_out;
  try {
    simdjson::dom::parser parser;
    for (const simdjson::dom::object entry : parser.parse(text).get_array()) {
      left_out.cases_.push_back(read_case(entry));
    }
  } catch (const simdjson::simdjson_error& error) {
    return fail(ErrorCode::kInvalidJson, path.string() + ": " + error.what());
  }
  return left_out;
}

LeftOutCase* LeftOut::find(std::string_view draft, std::string_view file, std::string_view group,
                           std::string_view test) {
  const auto found = std::ranges::find_if(cases_, [&](const LeftOutCase& entry) {
    return entry.file == file && std::ranges::find(entry.drafts, draft) != entry.drafts.end() &&
           (entry.group.empty() || entry.group == group) &&
           (entry.test.empty() || entry.test == test);
  });
  return found == cases_.end() ? nullptr : &*found;
}

}  // namespace bb::conformance
