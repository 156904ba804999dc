#include "webhook/http_date.h"

#include <gmock/gmock.h>

namespace bb::webhook {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;

constexpr sys_seconds kNow = sys_days(2026y / 3 / 1);

// RFC 9110 §5.6.7 has the same moment in its three forms.
constexpr sys_seconds kExample = sys_days(1994y / 11 / 6) + 8h + 49min + 37s;

TEST(HttpDate, HasThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", kNow), kExample);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994", kNow), kExample + std::chrono::days(10));
}

TEST(HttpDate, KnowsEveryMonthAndTheLeapDay) {
  constexpr const char* kNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned month = 1; month <= 12; ++month) {
    const std::string text = std::string("Mon, 02 ") + kNames[month - 1] + " 2023 00:00:00 GMT";
    EXPECT_EQ(parse_http_date(text, kNow), sys_days(2023y / std::chrono::month(month) / 2)) << text;
  }
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT", kNow), sys_days(2024y / 3 / 1));
}

TEST(HttpDate, TwoDigitsMeanAtMostFiftyYearsAhead) {
  EXPECT_EQ(parse_http_date("Sunday, 01-Mar-26 00:00:00 GMT", kNow), kNow);
  EXPECT_EQ(parse_http_date("Sunday, 01-Mar-76 00:00:00 GMT", kNow), sys_days(2076y / 3 / 1));
  EXPECT_EQ(parse_http_date("Tuesday, 01-Mar-77 00:00:00 GMT", kNow), sys_days(1977y / 3 / 1));
  // Across the turn of a century.
  EXPECT_EQ(parse_http_date("Tuesday, 01-Mar-01 00:00:00 GMT", sys_days(2099y / 1 / 1)),
            sys_days(2101y / 3 / 1));
}

TEST(HttpDate, RefusesAllElse) {
  for (const char* text :
       {"", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Thu, 29 Feb 2023 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 19944 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 94"}) {
    EXPECT_FALSE(parse_http_date(text, kNow)) << text;
  }
}

}  // namespace
}  // namespace bb::webhook
