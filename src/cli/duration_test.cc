#include "cli/duration.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Duration, ReadsEachUnit) {
  const struct {
    std::string_view text;
    milliseconds expected;
  } cases[] = {{"500ms", milliseconds(500)}, {"2s", milliseconds(2000)},
               {"1m", milliseconds(60'000)}, {"1h", milliseconds(3'600'000)},
               {"1.5s", milliseconds(1500)}, {"0.25m", milliseconds(15'000)},
               {"8760h", kDurationMax}};
  for (const auto& c : cases) {
    const auto duration = parse_duration(c.text);
    ASSERT_TRUE(duration) << c.text << ": " << duration.error().message;
    EXPECT_EQ(*duration, c.expected) << c.text;
  }
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const std::string_view text : {"", "s", "fast", "-1s", "0s", "0.0001ms", "1d", "2 s", "1s2",
                                      "inf", "nanms", "1e3s", "8761h", "99999999999999999999h"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code, ErrorCode::kUsage) << text;
  }
}

TEST(Duration, AsksForTheUnitOfABareNumber) {
  EXPECT_THAT(parse_duration("5").error().message, HasSubstr("5s or 5ms"));
}

TEST(Duration, IsPrintedInTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(milliseconds(250)), "250ms");
  EXPECT_EQ(format_duration(milliseconds(2000)), "2s");
  EXPECT_EQ(format_duration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(format_duration(milliseconds(90'000)), "1.5m");
  EXPECT_EQ(format_duration(milliseconds(1234)), "1234ms");
  EXPECT_EQ(format_duration(milliseconds(0)), "0ms");
}

}  // namespace
}  // namespace bb::cli
