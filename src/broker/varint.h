// Integers in seven-bit groups, as many as they need: how records of the storage hold numbers.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace bb::broker {

// Least significant group first; all bytes but the last have the high bit set.
inline void append_varint(Buffer& out, std::uint64_t value) {
  std::byte bytes[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<std::byte>(value | 0x80);
  bytes[size++] = static_cast<std::byte>(value);
  out.append(ByteView(bytes, size));
}

// The same in a fixed number of bytes, for what is known only later: with zeros in front.
constexpr std::size_t kLongVarintBytes = 10;
inline void write_long_varint(std::byte* at, std::uint64_t value) {
  for (std::size_t i = 0; i + 1 < kLongVarintBytes; ++i, value >>= 7) {
    at[i] = static_cast<std::byte>(value | 0x80);
  }
  at[kLongVarintBytes - 1] = static_cast<std::byte>(value);
}

// Sets failed() of the reader where there is none. Zeros in front are accepted.
inline std::uint64_t read_varint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const auto byte = reader.integer<std::uint8_t>();
    if (reader.failed()) return 0;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  reader.set_failed();
  return 0;
}

// Signed differences, small ones short.
inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace bb::broker
