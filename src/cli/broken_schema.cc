#include "cli/broken_schema.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace bb::cli {

Error blame_schema(Error error, const std::string& event_type) {
  if (error.code != ErrorCode::kInvalidSchema) return error;
  // "FILE: FAULT", and more faults on lines of their own.
  const std::string_view message = error.message;
  const std::size_t file_end = message.substr(0, message.find('\n')).find(": ");
  if (file_end == std::string_view::npos) {
    error.message = fmt::format("the schema of '{}' is broken: {}", event_type, message);
    return error;
  }
  error.message = fmt::format("{}: the schema of '{}' is broken:\n{}", message.substr(0, file_end),
                              event_type, message.substr(file_end + 2));
  return error;
}

}  // namespace bb::cli
