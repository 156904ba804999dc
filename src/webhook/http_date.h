// Points in time in HTTP's headers.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace bb::webhook {

// Reads an HTTP-date in the three forms that a recipient must accept (RFC 9110 §5.6.7):
//   Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate, what is sent today
//   Sunday, 06-Nov-94 08:49:37 GMT   RFC 850; the year is the one that is at most 50 after now's
//   Sun Nov  6 08:49:37 1994         asctime()
// nullopt for all else. The name of the day is not held against the date.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::sys_seconds now);

}  // namespace bb::webhook
