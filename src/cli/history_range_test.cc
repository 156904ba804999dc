#include "cli/history_range.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

using Place = std::variant<HistoryOffset, Timestamp>;
using std::chrono_literals::operator""h;

const Timestamp kNow = parse_rfc3339("2026-01-27T10:15:30Z").value();

TEST(HistoryPlace, IsAnOffsetATimeOrADurationAgo) {
  EXPECT_EQ(parse_history_place("0", kNow), Place(HistoryOffset{0}));
  EXPECT_EQ(parse_history_place("9223372036854775807", kNow), Place(HistoryOffset{INT64_MAX}));
  EXPECT_EQ(parse_history_place("now", kNow), Place(kNow));
  EXPECT_EQ(parse_history_place("2026-01-27T11:15:30+01:00", kNow), Place(kNow));
  EXPECT_EQ(parse_history_place("1h", kNow), Place(kNow - 1h));
}

TEST(HistoryPlace, OfOtherTextIsAnErrorWithExamples) {
  for (const std::string_view text : {"", "yesterday", "-1", "1.5", "9223372036854775808", "1x"}) {
    const auto place = parse_history_place(text, kNow);
    ASSERT_FALSE(place) << text;
    EXPECT_EQ(place.error().code, ErrorCode::kUsage);
    EXPECT_NE(place.error().message.find("2026-01-27T10:15:30Z"), std::string::npos);
  }
}

}  // namespace
}  // namespace bb::cli
