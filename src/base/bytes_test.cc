#include "base/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>

namespace bb {
namespace {

constexpr unsigned kSeed = 20260127;

TEST(BigEndian, StoresTheHighByteFirst) {
  std::array<std::byte, 8> bytes{};
  store_big_endian(bytes.data(), std::uint32_t{0x01020304});
  EXPECT_EQ(bytes[0], std::byte{1});
  EXPECT_EQ(bytes[3], std::byte{4});
  EXPECT_EQ(load_big_endian<std::uint8_t>(bytes.data()), 1);
  EXPECT_EQ(load_big_endian<std::uint16_t>(bytes.data()), 0x0102);
  EXPECT_EQ(load_big_endian<std::uint32_t>(bytes.data()), 0x01020304U);
  EXPECT_EQ(load_big_endian<std::uint64_t>(bytes.data()), 0x0102030400000000U);
}

TEST(Buffer, GivesBackWhatWasAppended) {
  Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  buffer.append("ab");
  buffer.append(std::string_view());
  buffer.append_integer(std::uint16_t{0x6364});
  EXPECT_EQ(as_text(buffer.view()), "abcd");
}

TEST(Buffer, ConsumesFromTheFrontAndTruncatesAtTheEnd) {
  Buffer buffer;
  buffer.append("abcdef");
  buffer.consume(2);
  EXPECT_EQ(as_text(buffer.view()), "cdef");
  *buffer.at(0) = std::byte{'C'};
  buffer.truncate(3);
  EXPECT_EQ(as_text(buffer.view()), "Cde");
  buffer.append("g");
  EXPECT_EQ(as_text(buffer.view()), "Cdeg");
  buffer.consume(4);
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, ReusesConsumedRoomInsteadOfGrowing) {
  Buffer buffer;
  buffer.append(std::string(512, 'a'));
  const std::size_t capacity = buffer.capacity();
  for (int i = 0; i < 1000; ++i) {
    buffer.consume(300);
    buffer.append(std::string(300, 'b'));
  }
  EXPECT_EQ(buffer.size(), 512U);
  EXPECT_LE(buffer.capacity(), 2 * capacity);
}

TEST(Buffer, ResetGivesMemoryBackAndClearKeepsIt) {
  Buffer buffer;
  buffer.append("abc");
  const std::size_t capacity = buffer.capacity();
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), capacity);
  buffer.reset();
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("d");
  EXPECT_EQ(as_text(buffer.view()), "d");
}

// NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what this is about.
TEST(Buffer, IsEmptyAndUsableAfterItWasMovedFrom) {
  Buffer from;
  from.append("abc");
  Buffer to(std::move(from));
  EXPECT_EQ(as_text(to.view()), "abc");
  EXPECT_TRUE(from.empty());
  from.append("d");
  EXPECT_EQ(as_text(from.view()), "d");
  from = std::move(to);
  EXPECT_EQ(as_text(from.view()), "abc");
  EXPECT_TRUE(to.empty());
  to.append("e");
  EXPECT_EQ(as_text(to.view()), "e");
}
// NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)

TEST(BufferDeathTest, RefusesToConsumeMoreThanItHolds) {
  Buffer buffer;
  buffer.append("ab");
  EXPECT_DEATH(buffer.consume(3), "broken invariant");
}

// Any sequence of operations leaves what the same sequence leaves of a string.
TEST(Buffer, BehavesAsAString) {
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937 random(kSeed);
  Buffer buffer;
  std::string model;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t amount = random() % 700;
    switch (random() % 5) {
      case 0:
      case 1: {
        const std::string text(amount, static_cast<char>('a' + random() % 26));
        buffer.append(text);
        model += text;
        break;
      }
      case 2:
      case 3: {
        const std::size_t taken = std::min(amount, model.size());
        buffer.consume(taken);
        model.erase(0, taken);
        break;
      }
      default:
        buffer.truncate(model.size() - std::min(amount / 4, model.size()));
        model.resize(buffer.size());
    }
    ASSERT_EQ(as_text(buffer.view()), model) << "step " << i;
  }
}

TEST(ByteReader, ReadsFieldsInOrder) {
  ByteReader reader(as_bytes(std::string_view("\x01\x02\x03\x04\x05\x06\x07tail", 11)));
  EXPECT_EQ(reader.integer<std::uint8_t>(), 1);
  EXPECT_EQ(reader.integer<std::uint16_t>(), 0x0203);
  EXPECT_EQ(reader.integer<std::uint32_t>(), 0x04050607U);
  EXPECT_EQ(as_text(reader.bytes(2)), "ta");
  EXPECT_EQ(as_text(reader.rest()), "il");
  EXPECT_EQ(as_text(reader.bytes(2)), "il");
  EXPECT_TRUE(reader.empty());
  EXPECT_FALSE(reader.failed());
}

TEST(ByteReader, StaysFailedAfterAReadPastTheEnd) {
  ByteReader reader(as_bytes("abc"));
  EXPECT_EQ(reader.integer<std::uint32_t>(), 0U);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.integer<std::uint8_t>(), 0);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_TRUE(reader.rest().empty());
}

TEST(ByteReader, AnEmptyReadAtTheEndIsFine) {
  ByteReader reader(as_bytes(""));
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_FALSE(reader.failed());
}

}  // namespace
}  // namespace bb
