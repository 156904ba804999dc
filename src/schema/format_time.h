// The formats of times: RFC 3339 §5.6 and appendix A.
//
// Each call reads the string once and allocates nothing.
#pragma once

#include <string_view>

namespace bb::schema {

// A day that exists: YYYY-MM-DD.
bool is_date(std::string_view text);

// hh:mm:ss, with or without a fraction of any length, and Z or an offset. Second
// 60 only where it is 23:59:60 in UTC (RFC 3339 §5.7); which days had one is not
// asked.
bool is_time(std::string_view text);

// A date, "T" and a time. Accepts what parse_rfc3339() does, and years it cannot
// hold.
bool is_date_time(std::string_view text);

// P1Y2M3DT4H5M6S, where units between two that are given may not be left out, or
// weeks alone: P2W. Only capitals: ABNF would allow small letters, but ISO 8601,
// which the appendix restates, and other validators do not.
bool is_duration(std::string_view text);

}  // namespace bb::schema
