// The process's log: one line an entry on stderr. Sans-io modules do not log;
// they return what happened.
//
// Thread-safe. A line is never longer than a few KiB and never holds a password.
#pragma once

#include <fmt/core.h>

#include <string_view>

#include "bloodbank/result.h"

namespace bb::logging {

enum class Level { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error"; kUsage for anything else.
Result<Level> parse_level(std::string_view name);

// Entries below `level` are dropped. The default is kInfo.
void set_level(Level level);
bool enabled(Level level);

void write(Level level, std::string_view line);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug))
    write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarning)) {
    write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kError))
    write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace bb::logging
