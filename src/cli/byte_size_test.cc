#include "cli/byte_size.h"

#include <gtest/gtest.h>

#include <utility>

namespace bb::cli {
namespace {

TEST(ByteSize, IsANumberWithAUnit) {
  const std::pair<std::string_view, std::uint64_t> kSizes[] = {
      {"0", 0},
      {"4096", 4096},
      {"17B", 17},
      {"64K", 65'536},
      {"64k", 65'536},
      {"64KiB", 65'536},
      {"64kib", 65'536},
      {"64kB", 64'000},
      {"300M", 314'572'800},
      {"300MB", 300'000'000},
      {"1.5G", 1'610'612'736},
      {"0.5MB", 500'000},
      {"2TiB", 2'199'023'255'552},
      {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& [text, bytes] : kSizes) {
    const auto parsed = parse_byte_size(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(ByteSize, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "K", "many", "-1", "+1", "1.5", "1.5B", "1 M", "1X", "1MiBs", "1KK", ".", ".K", "1e3",
        "18446744073709551616", "99999999999T", "1.2.3K", "0x10", "17179869184.5G"}) {
    const auto parsed = parse_byte_size(text);
    ASSERT_FALSE(parsed) << text << " became " << *parsed;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
  }
}

}  // namespace
}  // namespace bb::cli
