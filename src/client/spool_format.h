// The bytes of the spool's files; docs/formats/spool.md is their description.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace bb::client::spool {

constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kSegmentHeaderBytes = 64;
constexpr std::size_t kRecordHeadBytes = 32;
constexpr std::size_t kRecordAlignment = 8;
constexpr std::size_t kStateBytes = 64;

// What a record with that much payload takes in the file.
constexpr std::uint64_t record_bytes(std::uint64_t payload_bytes) {
  return (kRecordHeadBytes + payload_bytes + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
}

struct SegmentHeader {
  std::uint32_t version = kFormatVersion;
  std::uint32_t salt = 0;  // in every record of the segment; unknown to who sends events
  std::uint64_t base = 0;  // the sequence number that its first record got
};

void encode_header(const SegmentHeader& header, std::span<std::byte, kSegmentHeaderBytes> out);

// nullopt if `bytes` are not a whole header that checks. The version may be an unknown one.
std::optional<SegmentHeader> decode_header(ByteView bytes);

enum class RecordType : std::uint8_t {
  kEntry = 1,
  kGap = 2,  // covers what a repair gave up
};

struct RecordHead {
  std::uint32_t checksum = 0;
  std::uint32_t salt = 0;
  std::uint64_t sequence = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t batch_offset = 0;  // bytes since the first record that was appended with it
  RecordType type = RecordType::kEntry;
  bool ends_batch = false;
  bool removed = false;
};

// Writes all of the head but the checksum, which seal_head() adds.
void encode_head(const RecordHead& head, std::span<std::byte, kRecordHeadBytes> out);
void seal_head(std::span<std::byte, kRecordHeadBytes> head, std::uint64_t base,
               std::uint64_t offset, ByteView payload);
RecordHead decode_head(std::span<const std::byte, kRecordHeadBytes> head);

// Over head and payload, but for the checksum itself and the mark of removal, and over where
// they are: no other record's bytes check here.
std::uint32_t record_checksum(std::span<const std::byte, kRecordHeadBytes> head, std::uint64_t base,
                              std::uint64_t offset, ByteView payload);

// A record is removed by writing this one byte over the mark in its head. A bit or a few that
// turn over in it do not remove a record.
constexpr std::size_t kMarkAt = 26;
constexpr std::byte kKeptMark{0xA5};
constexpr std::byte kRemovedMark{0x5A};

// What whoever has the lock knows of the segments without reading them. Numbers and `tail_end`
// are of when it was written: later appends may have come since.
struct State {
  // Which segment is the tail has not changed since. Written false, and synced, before it does.
  bool settled = false;
  std::uint64_t next_sequence = 1;
  std::uint64_t tail = 0;      // base of the segment that is appended to; 0: none
  std::uint64_t tail_end = 0;  // all of the tail before it is on the disk
  std::uint64_t bytes = 0;     // of all segment files
};

void encode_state(const State& state, std::span<std::byte, kStateBytes> out);
// nullopt for what is not the state of this version.
std::optional<State> decode_state(ByteView bytes);

// "queue.state", "queue-0000000000000001.spool"; `queue` is "queue" or "refused".
std::string state_name(std::string_view queue);
std::string segment_name(std::string_view queue, std::uint64_t base);
std::optional<std::uint64_t> base_of_name(std::string_view queue, std::string_view name);

// An event as the payload of a record. Borrowed.
struct EntryView {
  std::uint64_t number = 0;     // 0: the record's own sequence number
  std::int64_t spooled_ms = 0;  // Unix time
  bool mandatory = false;
  std::string_view exchange = {};
  std::string_view routing_key = {};
  std::string_view properties = {};  // AMQP content properties: flags and list
  std::string_view refusal = {};     // why it was set aside; empty if it was not
  std::string_view body = {};
};

void encode_entry(Buffer& out, const EntryView& entry);
// nullopt for what encode_entry() does not give, properties that are malformed included.
std::optional<EntryView> decode_entry(ByteView payload);

}  // namespace bb::client::spool
