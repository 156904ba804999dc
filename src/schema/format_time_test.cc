#include "schema/format_time.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

#include "bloodbank/time.h"
#include "schema/format_cases.h"

namespace bb::schema {
namespace {

TEST(DateFormat, IsADayThatExists) {
  expect_matches(Format::kDate, {"2026-01-27", "2024-02-29", "2000-02-29", "0000-02-29",
                                 "9999-12-31", "2026-04-30", "2026-12-01"});
  expect_no_match(Format::kDate, {"2026-02-29", "1900-02-29", "2026-04-31", "2026-00-10",
                                  "2026-13-01", "2026-01-00", "2026-01-32"});
}

TEST(DateFormat, HasItsDigitsAndDashesAtFixedPlaces) {
  expect_no_match(Format::kDate,
                  {"", "2026-1-27", "26-01-27", "20260127", "2026/01/27", "2026-01-27Z",
                   " 2026-01-27", "2026-01-27\n", "2026-01-27\0"sv, "+026-01-27", "2026-W05-2",
                   "2026-027", "２026-01-2", "202:-01-27", "202/-01-27", "2026-01-2T"});
}

// Each position of a valid date is replaced by every other ASCII character; only
// another digit can make a date again.
TEST(DateFormat, TakesNothingButDigitsForDigits) {
  const std::string date = "2022-11-11";
  for (std::size_t at = 0; at < date.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = date;
      changed[at] = static_cast<char>(c);
      if (changed == date || (c >= '0' && c <= '9' && date[at] != '-')) continue;
      EXPECT_FALSE(is_date(changed)) << changed;
    }
  }
}

TEST(TimeFormat, HasAnOffset) {
  expect_matches(Format::kTime,
                 {"00:00:00Z", "23:59:59z", "10:00:00+02:00", "10:00:00-00:00", "10:00:00+23:59",
                  "10:00:00.5Z", "10:00:00.123456789012345Z", "10:00:00.1-08:00"});
  expect_no_match(Format::kTime, {"",
                                  "10:00:00",
                                  "10:00:00.5",
                                  "10:00Z",
                                  "24:00:00Z",
                                  "10:60:00Z",
                                  "10:00:61Z",
                                  "1:00:00Z",
                                  "10:00:00.Z",
                                  "10:00:00.",
                                  "10:00:00,5Z",
                                  "10:00:00ZZ",
                                  "10:00:00+2:00",
                                  "10:00:00+0200",
                                  "10:00:00+24:00",
                                  "10:00:00+02:60",
                                  "10:00:00+02",
                                  "10:00:00+",
                                  "10:00:00 Z",
                                  "10:00:00Z\n",
                                  "10-00-00Z",
                                  "10:00:00+02:00Z",
                                  "10:00:00x02:00",
                                  "10:00:00.5+"});
}

TEST(TimeFormat, HasALeapSecondOnlyBeforeMidnightUtc) {
  expect_matches(Format::kTime, {"23:59:60Z", "23:59:60.5z", "23:59:60-00:00", "15:59:60-08:00",
                                 "01:29:60+01:30", "23:29:60+23:30", "00:29:60-23:30"});
  expect_no_match(Format::kTime, {"22:59:60Z", "23:58:60Z", "00:00:60Z", "23:59:60+01:00",
                                  "23:59:60-08:00", "15:59:60+08:00"});
}

TEST(DateTimeFormat, IsADateATAndATime) {
  expect_matches(Format::kDateTime, {"2026-01-27T10:00:00.123456Z", "2026-01-27t10:00:00z",
                                     "2024-02-29T23:59:59+14:00", "2016-12-31T23:59:60Z",
                                     "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9Z"});
  expect_no_match(Format::kDateTime,
                  {"", "2026-01-27", "2026-01-27T", "10:00:00Z", "2026-01-27 10:00:00Z",
                   "2026-01-27T10:00:00", "2026-02-30T10:00:00Z", "2026-01-27T10:00:00Z ",
                   "2026-01-27T24:00:00Z", "2026-01-27TT10:00:00Z", "2026-01-27T10:00:60Z"});
}

// The envelope's times are read by parse_rfc3339(): what a schema says about them
// must be what the reader says.
TEST(DateTimeFormat, AgreesWithTheReaderOfTimes) {
  const std::string valid = "2024-02-29T23:59:59.25+01:30";
  for (std::size_t at = 0; at < valid.size(); ++at) {
    for (const char c : "0123456789:-+.TtZz /x"sv) {
      std::string changed = valid;
      changed[at] = c;
      EXPECT_EQ(is_date_time(changed),
                parse_rfc3339(changed).has_value() || (is_date_time(changed) && at < 4))
          << changed;
      const std::string_view shorter = std::string_view(changed).substr(0, at + 1);
      EXPECT_EQ(is_date_time(shorter), parse_rfc3339(shorter).has_value()) << shorter;
    }
  }
}

TEST(DurationFormat, HasUnitsInOrderWithoutAGap) {
  expect_matches(Format::kDuration,
                 {"P1Y", "P1M", "P1D", "P1Y2M", "P1M2D", "P1Y2M3D", "PT1H", "PT1M", "PT1S",
                  "PT1H2M", "PT1M2S", "PT1H2M3S", "P1YT1S", "P1DT12H", "P0D", "P007D", "P2W",
                  "P1Y2M3DT4H5M6S", "P99999999999999999999999999999999D"});
  expect_no_match(
      Format::kDuration,
      {"",       "P",      "PT",    "T1H",  "1D",   "P1",     "PD",    "P1DT",    "P1Y2D",
       "PT1H2S", "P2D1Y",  "PT1D",  "P1H",  "P1S",  "P1D2",   "P1D1D", "PT1HT1M", "PP1D",
       "P1X",    "PT1S1S", "P1DX",  "-P1D", "P-1D", "P+1D",   "P1.5D", "PT0.5S",  "PT0,5S",
       "P1D ",   " P1D",   "P1D\n", "p1d",  "P1d",  "P1D\0"sv});
}

TEST(DurationFormat, HasWeeksAlone) {
  expect_no_match(Format::kDuration,
                  {"P1Y2W", "P1W2D", "P1WT1H", "PT1W", "PW", "P0Y1W", "P1W1W", "W"});
}

}  // namespace
}  // namespace bb::schema
