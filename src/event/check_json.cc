#include <utility>

#include "event/json_scanner.h"

namespace bb::event {

JsonError locate(std::string_view text, JsonFault fault) {
  JsonError error;
  error.offset = fault.offset;
  error.reason = std::move(fault.reason);
  for (const char c : text.substr(0, fault.offset)) {
    if (c == '\n') {
      ++error.line;
      error.column = 1;
    } else if ((c & 0xC0) != 0x80) {  // not the continuation of a character
      ++error.column;
    }
  }
  return error;
}

}  // namespace bb::event

namespace bb {

std::expected<void, JsonError> check_json(std::string_view text) {
  if (auto fault = event::find_json_fault(text)) {
    return std::unexpected(event::locate(text, *std::move(fault)));
  }
  return {};
}

}  // namespace bb
