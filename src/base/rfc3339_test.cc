#include <gmock/gmock.h>

#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "bloodbank/time.h"

namespace bb {
namespace {

constexpr unsigned kSeed = 20260127;
constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

using std::chrono::nanoseconds;
using testing::HasSubstr;

Timestamp at_ns(std::int64_t since_epoch) {
  return Timestamp(nanoseconds(since_epoch));
}

// What `text` means, as the canonical text of the same point in time.
std::string canonical(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? format_rfc3339(*time) : time.error().message;
}

std::string why_not(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (time) return "(it was read)";
  EXPECT_EQ(time.error().code, ErrorCode::kUsage);
  return time.error().message;
}

TEST(Rfc3339, CountsFromTheEpoch) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), at_ns(0));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000000001Z"), at_ns(1));
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999999999Z"), at_ns(-1));
  EXPECT_EQ(parse_rfc3339("2026-01-27T10:15:30Z"), at_ns(1'769'508'930'000'000'000));
}

TEST(Rfc3339, ReadsAnyOffset) {
  EXPECT_EQ(canonical("2026-01-27T10:15:30+01:00"), "2026-01-27T09:15:30Z");
  EXPECT_EQ(canonical("2026-01-27T10:15:30-05:30"), "2026-01-27T15:45:30Z");
  EXPECT_EQ(canonical("2026-01-01T00:00:00+23:59"), "2025-12-31T00:01:00Z");
  EXPECT_EQ(canonical("2026-12-31T23:59:59-00:01"), "2027-01-01T00:00:59Z");
  // RFC 3339 §4.3: the local offset is unknown; the time is UTC.
  EXPECT_EQ(canonical("2026-01-27T10:15:30-00:00"), "2026-01-27T10:15:30Z");
  EXPECT_EQ(canonical("2026-01-27t10:15:30z"), "2026-01-27T10:15:30Z");
}

TEST(Rfc3339, ReadsAnyFraction) {
  EXPECT_EQ(canonical("2026-01-27T10:15:30.5Z"), "2026-01-27T10:15:30.500Z");
  EXPECT_EQ(canonical("2026-01-27T10:15:30.123456+00:00"), "2026-01-27T10:15:30.123456Z");
  EXPECT_EQ(canonical("2026-01-27T10:15:30.0000001Z"), "2026-01-27T10:15:30.000000100Z");
  EXPECT_EQ(canonical("2026-01-27T10:15:30.1234567899999999999999Z"),
            "2026-01-27T10:15:30.123456789Z");
  EXPECT_EQ(canonical("2026-01-27T10:15:30." + std::string(10'000, '9') + "Z"),
            "2026-01-27T10:15:30.999999999Z");
}

TEST(Rfc3339, ReadsALeapSecondAsTheLastNanosecondBeforeTheNextMinute) {
  EXPECT_EQ(canonical("1998-12-31T23:59:60Z"), "1998-12-31T23:59:59.999999999Z");
  EXPECT_EQ(canonical("1998-12-31T23:59:60.5Z"), "1998-12-31T23:59:59.999999999Z");
  EXPECT_EQ(canonical("1998-12-31T15:59:60-08:00"), "1998-12-31T23:59:59.999999999Z");
  EXPECT_EQ(canonical("1999-01-01T00:59:60+01:00"), "1998-12-31T23:59:59.999999999Z");
  EXPECT_EQ(canonical("1999-01-01T08:59:60+09:00"), "1998-12-31T23:59:59.999999999Z");
  EXPECT_THAT(why_not("1998-12-31T22:59:60Z"), HasSubstr("leap second"));
  EXPECT_THAT(why_not("1998-12-31T23:59:60+01:00"), HasSubstr("leap second"));
}

TEST(Rfc3339, KnowsTheCalendar) {
  EXPECT_EQ(canonical("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(canonical("2000-02-29T00:00:00Z"), "2000-02-29T00:00:00Z");
  EXPECT_THAT(why_not("2023-02-29T00:00:00Z"), HasSubstr("no such day"));
  EXPECT_THAT(why_not("1900-02-29T00:00:00Z"), HasSubstr("no such day"));
  EXPECT_THAT(why_not("2026-04-31T00:00:00Z"), HasSubstr("no such day"));
}

TEST(Rfc3339, RefusesEverythingElseAndSaysWhy) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "starts with the date"},
      {"2026-1-27T10:15:30Z", "starts with the date"},
      {"2026-13-01T10:15:30Z", "starts with the date"},
      {"2026-00-01T10:15:30Z", "starts with the date"},
      {"2026-01-00T10:15:30Z", "starts with the date"},
      {"2026-01-32T10:15:30Z", "starts with the date"},
      {"+2026-01-27T10:15:30Z", "starts with the date"},
      {"20260127T101530Z", "starts with the date"},
      {" 2026-01-27T10:15:30Z", "starts with the date"},
      {"2026-01-27", "T and the time"},
      {"2026-01-27 10:15:30Z", "T and the time"},
      {"2026-01-27T10:15Z", "T and the time"},
      {"2026-01-27T24:00:00Z", "T and the time"},
      {"2026-01-27T10:60:00Z", "T and the time"},
      {"2026-01-27T10:15:61Z", "T and the time"},
      {"2026-01-27T10:15:30.Z", "come digits"},
      {"2026-01-27T10:15:30,5Z", "Z or an offset"},
      {"2026-01-27T10:15:30", "Z or an offset"},
      {"2026-01-27T10:15:30.123456", "Z or an offset"},
      {"2026-01-27T10:15:30 Z", "Z or an offset"},
      {"2026-01-27T10:15:30+0100", "the offset is"},
      {"2026-01-27T10:15:30+01", "the offset is"},
      {"2026-01-27T10:15:30+24:00", "the offset is"},
      {"2026-01-27T10:15:30+01:60", "the offset is"},
      {"2026-01-27T10:15:30Z ", "more after the offset"},
      {"2026-01-27T10:15:30Z+01:00", "more after the offset"},
      {"2026-01-27T10:15:30+01:000", "more after the offset"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(why_not(text), HasSubstr(why)) << text;
  }
}

TEST(Rfc3339, HoldsTheWholeRangeAndNothingBeyond) {
  EXPECT_EQ(format_rfc3339(at_ns(kMin)), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(format_rfc3339(at_ns(kMax)), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(parse_rfc3339("1677-09-21T00:12:43.145224192Z"), at_ns(kMin));
  EXPECT_EQ(parse_rfc3339("2262-04-11T23:47:16.854775807Z"), at_ns(kMax));
  for (const std::string_view beyond :
       {"1677-09-21T00:12:43.145224191Z", "1677-09-21T00:12:42Z", "2262-04-11T23:47:16.854775808Z",
        "2262-04-11T23:47:17Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_THAT(why_not(beyond), HasSubstr("between 1677 and 2262"));
  }
}

TEST(Rfc3339, WritesTheFewestDigitsThatLoseNothing) {
  EXPECT_EQ(format_rfc3339(at_ns(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(at_ns(1'000'000)), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(format_rfc3339(at_ns(1'000)), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format_rfc3339(at_ns(1)), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(format_rfc3339(at_ns(-1'000'000)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, AMessageShortensALongText) {
  EXPECT_LT(why_not(std::string(5000, 'x')).size(), 200U);
}

TEST(Rfc3339, ReadsBackWhatItWrites) {
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp time = at_ns(static_cast<std::int64_t>(random()));
    ASSERT_EQ(parse_rfc3339(format_rfc3339(time)), time) << time.time_since_epoch().count();
  }
}

}  // namespace
}  // namespace bb
