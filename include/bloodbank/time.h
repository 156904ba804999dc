// RFC 3339 time stamps.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb {

// A point in time, UTC, to the nanosecond: years 1677 to 2262.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

// Reads an RFC 3339 §5.6 date-time, with any offset and any number of digits in
// the fraction (those beyond nanoseconds are dropped); `T` and `Z` in either
// case. A leap second (23:59:60 UTC, RFC 3339 §5.7) is read as the last nanosecond
// before the next minute.
// kUsage for anything else, years that Timestamp cannot hold included.
Result<Timestamp> parse_rfc3339(std::string_view text);

// Writes `time` in UTC with `Z`: "2026-01-27T10:15:30Z", with 3, 6 or 9 digits
// of fraction, the fewest that lose nothing.
std::string format_rfc3339(Timestamp time);

}  // namespace bb
