#include "cli/broken_schema.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace bb::cli {
namespace {

// "FILE" of "FILE:LINE:COLUMN".
std::string_view without_place(std::string_view text) {
  for (int numbers = 0; numbers < 2; ++numbers) {
    const std::size_t digits = text.find_last_not_of("0123456789") + 1;
    if (digits == 0 || digits == text.size() || text[digits - 1] != ':') return text;
    text = text.substr(0, digits - 1);
  }
  return text;
}

}  // namespace

Error blame_schema(Error error, const std::string& event_type) {
  if (error.code != ErrorCode::kInvalidSchema) return error;
  // Each fault is a line, "FILE:LINE:COLUMN: FAULT" or "FILE: FAULT".
  std::string_view file = error.message;
  file = file.substr(0, file.find('\n'));
  const std::size_t file_end = file.find(": ");
  if (file_end == std::string_view::npos) {
    error.message = fmt::format("the schema of '{}' is broken: {}", event_type, error.message);
    return error;
  }
  file = without_place(file.substr(0, file_end));
  error.message =
      fmt::format("{}: the schema of '{}' is broken:\n{}", file, event_type, error.message);
  return error;
}

}  // namespace bb::cli
