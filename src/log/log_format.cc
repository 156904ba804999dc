#include "log/log_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/crc32c.h"

namespace bb::log {
namespace {

constexpr std::string_view kMagic = "BBLOGSEG";
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kNameDigits = 16;
// Far from where adding an offset would overflow.
constexpr Position kBaseMax = Position{1} << 62;

// Offsets in the header.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kSaltAt = 12;
constexpr std::size_t kBaseAt = 16;
constexpr std::size_t kCreatedAt = 24;
constexpr std::size_t kChecksumAt = kSegmentHeaderBytes - 4;

}  // namespace

void encode_header(const SegmentHeader& header, std::span<std::byte, kSegmentHeaderBytes> out) {
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  store_big_endian(out.data() + kVersionAt, header.version);
  store_big_endian(out.data() + kSaltAt, header.salt);
  store_big_endian(out.data() + kBaseAt, header.base);
  store_big_endian(out.data() + kCreatedAt, static_cast<std::uint64_t>(header.created_ms));
  store_big_endian(out.data() + kChecksumAt, crc32c(out.first(kChecksumAt)));
}

std::optional<SegmentHeader> decode_header(ByteView bytes) {
  if (bytes.size() < kSegmentHeaderBytes || as_text(bytes.first(kMagic.size())) != kMagic ||
      load_big_endian<std::uint32_t>(bytes.data() + kChecksumAt) !=
          crc32c(bytes.first(kChecksumAt))) {
    return std::nullopt;
  }
  SegmentHeader header;
  header.version = load_big_endian<std::uint32_t>(bytes.data() + kVersionAt);
  header.salt = load_big_endian<std::uint32_t>(bytes.data() + kSaltAt);
  header.base = load_big_endian<std::uint64_t>(bytes.data() + kBaseAt);
  header.created_ms =
      static_cast<std::int64_t>(load_big_endian<std::uint64_t>(bytes.data() + kCreatedAt));
  return header;
}

std::uint32_t salt_of_damaged_header(ByteView bytes) {
  return bytes.size() < kSaltAt + 4 ? 0 : load_big_endian<std::uint32_t>(bytes.data() + kSaltAt);
}

std::uint32_t record_checksum(std::uint32_t salt, Position position, std::uint8_t type,
                              ByteView payload) {
  std::array<std::byte, 24> prefix{};
  store_big_endian(prefix.data(), position);
  store_big_endian(prefix.data() + 8, salt);
  store_big_endian(prefix.data() + 12, static_cast<std::uint32_t>(payload.size()));
  prefix[16] = static_cast<std::byte>(type);
  return crc32c(payload, crc32c(prefix));
}

void seal_record(std::byte* at, std::uint32_t salt, Position position, std::uint8_t type,
                 std::size_t payload_bytes) {
  const ByteView payload(at + kRecordHeadBytes, payload_bytes);
  store_big_endian(at, record_checksum(salt, position, type, payload));
  store_big_endian(at + 4, static_cast<std::uint32_t>(payload_bytes));
  at[8] = static_cast<std::byte>(type);
}

void encode_mark(std::byte* at, std::uint32_t salt, Position position, std::uint8_t type,
                 Position durable) {
  std::memset(at, 0, kMarkBytes);
  store_big_endian(at + kRecordHeadBytes, durable);
  seal_record(at, salt, position, type, kMarkPayloadBytes);
}

std::string segment_name(Position base) {
  return fmt::format("{:016x}{}", base, kSuffix);
}

std::optional<Position> base_of_name(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  Position base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kNameDigits, base, 16);
  if (error != std::errc() || end != name.data() + kNameDigits || base > kBaseMax ||
      base % kRecordAlignment != 0 || segment_name(base) != name) {
    return std::nullopt;
  }
  return base;
}

}  // namespace bb::log
