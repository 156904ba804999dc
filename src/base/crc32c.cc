#include "base/crc32c.h"

#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace bb {
namespace {

constexpr std::uint32_t kPolynomialReflected = 0x82F63B78;

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// Row 0 is the checksum of each byte; row n that of the byte followed by n zero
// bytes, which lets eight bytes be taken in one step.
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) * kPolynomialReflected);
    table[0][byte] = crc;
  }
  for (std::size_t row = 1; row < table.size(); ++row) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t previous = table[row - 1][byte];
      table[row][byte] = (previous >> 8) ^ table[0][previous & 0xFF];
    }
  }
  return table;
}

constexpr Table kTable = make_table();

std::uint64_t load_u64(const std::byte* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(ByteView bytes, std::uint32_t before) {
  std::uint64_t crc = ~before;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    crc = _mm_crc32_u64(crc, load_u64(bytes.data()));
  }
  auto crc32 = static_cast<std::uint32_t>(crc);
  for (const std::byte byte : bytes) crc32 = _mm_crc32_u8(crc32, static_cast<unsigned char>(byte));
  return ~crc32;
}
#endif

using Function = std::uint32_t (*)(ByteView, std::uint32_t);

Function fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42;
#endif
  return crc32c_portable;
}

}  // namespace

std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t word = load_u64(bytes.data()) ^ crc;
    crc = 0;
    for (std::size_t row = kTable.size(); row-- > 0; word >>= 8) crc ^= kTable[row][word & 0xFF];
  }
  for (const std::byte byte : bytes) {
    crc = (crc >> 8) ^ kTable[0][(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF];
  }
  return ~crc;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t before) {
  static const Function function = fastest();
  return function(bytes, before);
}

}  // namespace bb
