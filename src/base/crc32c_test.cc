#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace bb {
namespace {

struct KnownChecksum {
  std::string bytes;
  std::uint32_t crc;
};

std::vector<KnownChecksum> known_checksums() {
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  return {
      {"", 0},
      {"a", 0xC1D04330},
      {"123456789", 0xE3069283},
      // RFC 3720 §B.4.
      {std::string(32, '\0'), 0x8A9136AA},
      {std::string(32, '\xFF'), 0x62A8AB43},
      {rising, 0x46DD794E},
      {std::string(rising.rbegin(), rising.rend()), 0x113FDB5C},
  };
}

TEST(Crc32c, GivesTheKnownChecksums) {
  for (const auto& [bytes, crc] : known_checksums()) {
    EXPECT_EQ(crc32c(as_bytes(bytes)), crc) << testing::PrintToString(bytes);
    EXPECT_EQ(crc32c_portable(as_bytes(bytes)), crc) << testing::PrintToString(bytes);
  }
}

TEST(Crc32c, GoesOnFromAChecksumAtEverySplit) {
  const std::string text = "an event is appended once, however many queues receive it";
  const std::uint32_t whole = crc32c(as_bytes(text));
  for (std::size_t split = 0; split <= text.size(); ++split) {
    const std::string_view head = std::string_view(text).substr(0, split);
    const std::string_view tail = std::string_view(text).substr(split);
    EXPECT_EQ(crc32c(as_bytes(tail), crc32c(as_bytes(head))), whole) << split;
    EXPECT_EQ(crc32c_portable(as_bytes(tail), crc32c_portable(as_bytes(head))), whole) << split;
  }
}

TEST(Crc32c, BothWaysAgreeAtEveryLengthAndAlignment) {
  std::mt19937 random(20260127);
  std::string bytes(80, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (std::size_t begin = 0; begin < 8; ++begin) {
    for (std::size_t size = 0; begin + size <= bytes.size(); ++size) {
      const ByteView part = as_bytes(std::string_view(bytes).substr(begin, size));
      ASSERT_EQ(crc32c(part), crc32c_portable(part)) << begin << "+" << size;
    }
  }
}

TEST(Crc32c, NoticesEveryFlippedBit) {
  std::string bytes = "a torn write leaves half of this";
  const std::uint32_t whole = crc32c(as_bytes(bytes));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<char>(1 << (bit % 8));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    EXPECT_NE(crc32c(as_bytes(bytes)), whole) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
}

}  // namespace
}  // namespace bb
