#include "schema/meta_schemas.h"

#include <string>

namespace bb::schema {

std::string_view find_meta_schema(std::string_view uri) {
  // "https://json-schema.org/draft/2020-12/meta/core" is 2020-12/core.json; the one of a whole
  // draft is
  // .../schema.
  static constexpr std::string_view kPrefix = "https://json-schema.org/draft/";
  std::string path;
  if (uri == "http://json-schema.org/draft-07/schema") {
    path = "7/schema.json";
  } else if (uri.starts_with(kPrefix)) {
    path = uri.substr(kPrefix.size());
    if (const auto meta = path.find("/meta/"); meta != std::string::npos) path.erase(meta, 5);
    path += ".json";
  } else {
    return {};
  }
  for (const EmbeddedFile& file : meta_schema_files()) {
    if (file.path == path) return file.text;
  }
  return {};
}

}  // namespace bb::schema
