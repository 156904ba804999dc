// The bytes of a segment file; docs/formats/log.md is their description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace bb::log {

// Where a record begins: its segment's base plus its offset in the file. Rises for ever; no
// record is at 0.
using Position = std::uint64_t;

constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kSegmentHeaderBytes = 64;
constexpr std::size_t kRecordHeadBytes = 9;
constexpr std::size_t kRecordAlignment = 8;

// Types of the log's own; those of its user lie below, from 1. 0 is what reserved room reads as.
constexpr std::uint8_t kFirstOwnType = 0xF0;
constexpr std::uint8_t kBatchType = 0xF0;  // begins what was written at once
constexpr std::uint8_t kSealType = 0xF1;   // ends a segment that is complete
constexpr std::uint8_t kSkipType = 0xF2;   // covers what a repair gave up

// Batch and seal records carry one integer: all before that position was durable by then.
constexpr std::size_t kMarkPayloadBytes = 8;
constexpr std::size_t kMarkBytes = 24;  // in the file

// What a record with that much payload takes in the file.
constexpr std::uint64_t record_bytes(std::uint64_t payload_bytes) {
  return (kRecordHeadBytes + payload_bytes + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
}
static_assert(record_bytes(kMarkPayloadBytes) == kMarkBytes);

struct SegmentHeader {
  std::uint32_t version = kFormatVersion;
  std::uint32_t salt = 0;  // in every checksum of the segment; unknown to clients
  Position base = 0;
  std::int64_t created_ms = 0;  // Unix time
};

void encode_header(const SegmentHeader& header, std::span<std::byte, kSegmentHeaderBytes> out);

// nullopt if `bytes` are not a whole header that checks. The version may be an unknown one.
std::optional<SegmentHeader> decode_header(ByteView bytes);

// The salt that a header which does not check holds all the same, for a repair.
std::uint32_t salt_of_damaged_header(ByteView bytes);

struct RecordHead {
  std::uint32_t checksum;
  std::uint32_t length;  // of the payload, bytes
  std::uint8_t type;
};

inline RecordHead decode_head(const std::byte* at) {
  return {load_big_endian<std::uint32_t>(at), load_big_endian<std::uint32_t>(at + 4),
          static_cast<std::uint8_t>(at[8])};
}

// Over the length, type, salt and position as well: no other record's bytes check here.
std::uint32_t record_checksum(std::uint32_t salt, Position position, std::uint8_t type,
                              ByteView payload);

// Writes the head in front of the payload, which is in place at `at` + kRecordHeadBytes.
void seal_record(std::byte* at, std::uint32_t salt, Position position, std::uint8_t type,
                 std::size_t payload_bytes);

// Writes a whole batch or seal record of kMarkBytes.
void encode_mark(std::byte* at, std::uint32_t salt, Position position, std::uint8_t type,
                 Position durable);

// "00000000000a1b40.log"
std::string segment_name(Position base);
std::optional<Position> base_of_name(std::string_view name);

}  // namespace bb::log
