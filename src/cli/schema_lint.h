// The checks of `bb schema lint`: what is wrong with schema files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "schema/json_document.h"

namespace bb::cli {

struct LintFinding {
  std::string path;  // as it was given, or below what was given
  std::size_t line = 1;
  std::size_t column = 1;
  std::string rule;  // "json", "schema", "example", "naming", "duplicate"
  std::string message;
};

struct LintReport {
  std::size_t files = 0;              // that were looked at
  std::vector<LintFinding> findings;  // by path, line and column
  std::vector<Error> unreadable;      // paths that could not be read
};

// Checks files, and every *.json below folders:
//   json       it is JSON;
//   schema     it is a JSON Schema by its meta-schema, all of it compiles, and what it refers to is
//              there, within the repository (the folder that holds the components' folders);
//   example    `examples` and `default` are valid by their own schema;
//   duplicate  no two files claim one `$id`, or one version of one event type;
//   naming     the rules of schemas/README.md, if asked for.
LintReport lint_schemas(const std::vector<std::string>& paths, bool check_naming);

// The naming rules for the file at `path` of a repository; `add(node, message)` is called with the
// place of each fault.
void check_schema_naming(const schema::JsonView& document, std::string_view path,
                         const std::function<void(std::uint32_t, std::string)>& add);

}  // namespace bb::cli
