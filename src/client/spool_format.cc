#include "client/spool_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "amqp/properties.h"
#include "base/crc32c.h"

namespace bb::client::spool {
namespace {

constexpr std::string_view kSegmentMagic = "BBSPOOLS";
constexpr std::string_view kStateMagic = "BBSPOOLQ";
constexpr std::string_view kSegmentSuffix = ".spool";
constexpr std::size_t kNameDigits = 16;

// Offsets in the segment header.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kSaltAt = 12;
constexpr std::size_t kBaseAt = 16;
constexpr std::size_t kHeaderChecksumAt = kSegmentHeaderBytes - 4;

// Offsets in the state; magic and version as in the header.
constexpr std::size_t kSettledAt = 12;
constexpr std::size_t kNextSequenceAt = 16;
constexpr std::size_t kTailAt = 24;
constexpr std::size_t kTailEndAt = 32;
constexpr std::size_t kBytesAt = 40;
constexpr std::size_t kStateChecksumAt = kStateBytes - 4;

// Offsets in a record's head.
constexpr std::size_t kRecordSaltAt = 4;
constexpr std::size_t kSequenceAt = 8;
constexpr std::size_t kPayloadBytesAt = 16;
constexpr std::size_t kBatchOffsetAt = 20;
constexpr std::size_t kTypeAt = 24;
constexpr std::size_t kEndsBatchAt = 25;
static_assert(kMarkAt < kRecordHeadBytes);

std::uint32_t u32(ByteView bytes, std::size_t at) {
  return load_big_endian<std::uint32_t>(bytes.data() + at);
}
std::uint64_t u64(ByteView bytes, std::size_t at) {
  return load_big_endian<std::uint64_t>(bytes.data() + at);
}

bool checks(ByteView bytes, std::size_t size, std::string_view magic) {
  return bytes.size() >= size && as_text(bytes.first(magic.size())) == magic &&
         u32(bytes, size - 4) == crc32c(bytes.first(size - 4));
}

void append_sized(Buffer& out, std::string_view text) {
  BB_ASSERT(text.size() <= std::numeric_limits<std::uint32_t>::max());
  out.append_integer(static_cast<std::uint32_t>(text.size()));
  out.append(text);
}
std::string_view read_sized(ByteReader& in) {
  return as_text(in.bytes(in.integer<std::uint32_t>()));
}

}  // namespace

void encode_header(const SegmentHeader& header, std::span<std::byte, kSegmentHeaderBytes> out) {
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), kSegmentMagic.data(), kSegmentMagic.size());
  store_big_endian(out.data() + kVersionAt, header.version);
  store_big_endian(out.data() + kSaltAt, header.salt);
  store_big_endian(out.data() + kBaseAt, header.base);
  store_big_endian(out.data() + kHeaderChecksumAt, crc32c(out.first(kHeaderChecksumAt)));
}

std::optional<SegmentHeader> decode_header(ByteView bytes) {
  if (!checks(bytes, kSegmentHeaderBytes, kSegmentMagic)) return std::nullopt;
  return SegmentHeader{
      .version = u32(bytes, kVersionAt), .salt = u32(bytes, kSaltAt), .base = u64(bytes, kBaseAt)};
}

void encode_head(const RecordHead& head, std::span<std::byte, kRecordHeadBytes> out) {
  std::ranges::fill(out, std::byte{0});
  store_big_endian(out.data() + kRecordSaltAt, head.salt);
  store_big_endian(out.data() + kSequenceAt, head.sequence);
  store_big_endian(out.data() + kPayloadBytesAt, head.payload_bytes);
  store_big_endian(out.data() + kBatchOffsetAt, head.batch_offset);
  out[kTypeAt] = static_cast<std::byte>(head.type);
  out[kEndsBatchAt] = static_cast<std::byte>(head.ends_batch);
  out[kMarkAt] = head.removed ? kRemovedMark : kKeptMark;
}

void seal_head(std::span<std::byte, kRecordHeadBytes> head, std::uint64_t base,
               std::uint64_t offset, ByteView payload) {
  store_big_endian(head.data(), record_checksum(head, base, offset, payload));
}

RecordHead decode_head(std::span<const std::byte, kRecordHeadBytes> head) {
  return {.checksum = u32(head, 0),
          .salt = u32(head, kRecordSaltAt),
          .sequence = u64(head, kSequenceAt),
          .payload_bytes = u32(head, kPayloadBytesAt),
          .batch_offset = u32(head, kBatchOffsetAt),
          .type = static_cast<RecordType>(head[kTypeAt]),
          .ends_batch = head[kEndsBatchAt] != std::byte{0},
          .removed = head[kMarkAt] == kRemovedMark};
}

std::uint32_t record_checksum(std::span<const std::byte, kRecordHeadBytes> head, std::uint64_t base,
                              std::uint64_t offset, ByteView payload) {
  std::array<std::byte, 16 + kRecordHeadBytes> prefix{};
  store_big_endian(prefix.data(), base);
  store_big_endian(prefix.data() + 8, offset);
  std::ranges::copy(head, prefix.begin() + 16);
  store_big_endian(prefix.data() + 16, std::uint32_t{0});
  prefix[16 + kMarkAt] = std::byte{0};
  return crc32c(payload, crc32c(prefix));
}

void encode_state(const State& state, std::span<std::byte, kStateBytes> out) {
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), kStateMagic.data(), kStateMagic.size());
  store_big_endian(out.data() + kVersionAt, kFormatVersion);
  store_big_endian(out.data() + kSettledAt, static_cast<std::uint32_t>(state.settled));
  store_big_endian(out.data() + kNextSequenceAt, state.next_sequence);
  store_big_endian(out.data() + kTailAt, state.tail);
  store_big_endian(out.data() + kTailEndAt, state.tail_end);
  store_big_endian(out.data() + kBytesAt, state.bytes);
  store_big_endian(out.data() + kStateChecksumAt, crc32c(out.first(kStateChecksumAt)));
}

std::optional<State> decode_state(ByteView bytes) {
  if (!checks(bytes, kStateBytes, kStateMagic) || u32(bytes, kVersionAt) != kFormatVersion) {
    return std::nullopt;
  }
  return State{.settled = u32(bytes, kSettledAt) == 1,
               .next_sequence = u64(bytes, kNextSequenceAt),
               .tail = u64(bytes, kTailAt),
               .tail_end = u64(bytes, kTailEndAt),
               .bytes = u64(bytes, kBytesAt)};
}

std::string state_name(std::string_view queue) {
  return fmt::format("{}.state", queue);
}

std::string segment_name(std::string_view queue, std::uint64_t base) {
  return fmt::format("{}-{:016x}{}", queue, base, kSegmentSuffix);
}

std::optional<std::uint64_t> base_of_name(std::string_view queue, std::string_view name) {
  if (name.size() != queue.size() + 1 + kNameDigits + kSegmentSuffix.size()) return std::nullopt;
  std::uint64_t base = 0;
  const char* const digits = name.data() + queue.size() + 1;
  const auto [end, error] = std::from_chars(digits, digits + kNameDigits, base, 16);
  if (error != std::errc() || base == 0 || segment_name(queue, base) != name) return std::nullopt;
  return base;
}

void encode_entry(Buffer& out, const EntryView& entry) {
  out.append_integer(entry.number);
  out.append_integer(static_cast<std::uint64_t>(entry.spooled_ms));
  out.append_integer(static_cast<std::uint8_t>(entry.mandatory));
  append_sized(out, entry.exchange);
  append_sized(out, entry.routing_key);
  append_sized(out, entry.properties);
  append_sized(out, entry.refusal);
  out.append(entry.body);
}

std::optional<EntryView> decode_entry(ByteView payload) {
  ByteReader in(payload);
  EntryView entry;
  entry.number = in.integer<std::uint64_t>();
  entry.spooled_ms = static_cast<std::int64_t>(in.integer<std::uint64_t>());
  const auto mandatory = in.integer<std::uint8_t>();
  entry.mandatory = mandatory == 1;
  entry.exchange = read_sized(in);
  entry.routing_key = read_sized(in);
  entry.properties = read_sized(in);
  entry.refusal = read_sized(in);
  if (in.failed() || mandatory > 1 || !amqp::decode_properties(as_bytes(entry.properties))) {
    return std::nullopt;
  }
  entry.body = as_text(in.rest());
  return entry;
}

}  // namespace bb::client::spool
