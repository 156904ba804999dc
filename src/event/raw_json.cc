#include "event/raw_json.h"

#include <fmt/core.h>

#include <utility>

#include "event/json_cursor.h"
#include "event/json_scanner.h"
#include "event/json_string.h"

namespace bb::event {

bool check_raw_json(const RawJson& raw, std::size_t depth_around, const std::string& pointer,
                    std::string_view expected, StructuralErrors& errors) {
  auto fault = find_json_fault(raw, kJsonDepthMax - depth_around);
  if (!fault) return true;
  if (raw.empty()) {
    errors.add_missing(pointer, expected);
    return false;
  }
  const JsonError error = locate(raw, *std::move(fault));
  errors.add_described(pointer, expected,
                       fmt::format("a text that is not JSON: line {}, column {}: {}", error.line,
                                   error.column, error.reason));
  return false;
}

bool check_raw_object(const RawJson& raw, std::size_t depth_around, const std::string& pointer,
                      std::string_view expected, StructuralErrors& errors) {
  if (!check_raw_json(raw, depth_around, pointer, expected, errors)) return false;
  if (json_kind(raw) == JsonKind::kObject) return true;
  errors.add(pointer, expected, raw);
  return false;
}

void check_utf8(std::string_view text, const std::string& pointer, StructuralErrors& errors) {
  if (!find_utf8_fault(text)) return;
  std::string found;
  append_json_string(found, text);
  errors.add(pointer, expected::kUtf8, found);
}

}  // namespace bb::event
