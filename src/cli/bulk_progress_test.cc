#include "cli/bulk_progress.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

TEST(FormatCount, SetsACommaAtEachThousand) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(41000), "41,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(BulkProgress, ShowsABarWhereTheShareIsKnown) {
  EXPECT_EQ(render_progress("published", 0.5, {1000, 0, 0}, 41000, 80),
            " 50% [###############...............] published 1,000, 41,000/s");
  EXPECT_EQ(render_progress("published", 1.5, {1000, 0, 0}, 1, 80),
            "100% [##############################] published 1,000, 1/s");
  EXPECT_EQ(render_progress("published", {}, {1000, 0, 2}, 1, 80),
            "published 1,000, failed 2, 1/s");
  EXPECT_EQ(render_progress("published", {}, {1000, 7, 2}, 1, 80),
            "published 1,000, spooled 7, failed 2, 1/s");
}

TEST(BulkProgress, StaysWithinTheLine) {
  EXPECT_EQ(render_progress("published", 0.5, {1000, 0, 0}, 1, 42),
            " 50% [#######.......] published 1,000, 1/s");
  EXPECT_EQ(render_progress("published", 0.5, {1000, 0, 0}, 1, 30), "published 1,000, 1/s");
  EXPECT_EQ(render_progress("published", 0.5, {1000, 0, 0}, 1, 10), "published…");
}

}  // namespace
}  // namespace bb::cli
