// Durations as they are written on the command line: "500ms", "2s", "1.5m", "1h".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

inline constexpr std::chrono::milliseconds kDurationMax = std::chrono::hours(24 * 365);

// A decimal number and a unit: ms, s, m or h. Rounded to whole milliseconds; from 1 ms to
// kDurationMax. kUsage otherwise, with an example; a number without a unit is refused because
// nothing tells seconds from milliseconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "250ms", "2s", "1.5s", "2m", "1h": in the largest unit that needs no more than one decimal.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace bb::cli
