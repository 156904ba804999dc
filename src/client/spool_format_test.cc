// The bytes of version 1, as docs/formats/spool.md has them: spools that are on disks hold them.
#include "client/spool_format.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/hex.h"

namespace bb::client::spool {
namespace {

constexpr std::string_view kHeaderBytes =
    "424253504f4f4c53"  // "BBSPOOLS"
    "00000001"          // version
    "01020304"          // salt
    "0000000000000007"  // base
    "000000000000000000000000000000000000000000000000000000000000000000000000"
    "f99469e9";

constexpr std::string_view kHeadBytes =
    "b091b61a"          // checksum
    "01020304"          // salt
    "0000000000000009"  // sequence number
    "0000002d"          // payload
    "00000048"          // since the first of its append
    "01"                // an entry
    "01"                // the last of its append
    "a5"                // not removed
    "0000000000";

constexpr std::string_view kEntryBytes =
    "0000000000000000"    // the number is the sequence number
    "0000018bcfe5687b"    // spooled
    "01"                  // mandatory
    "000000026578"        // "ex"
    "00000003612e62"      // "a.b"
    "000000050080026964"  // properties: message_id "id"
    "00000000"            // not refused
    "7b7d";               // "{}"

constexpr std::string_view kStateBytesInHex =
    "424253504f4f4c51"  // "BBSPOOLQ"
    "00000001"          // version
    "00000001"          // settled
    "000000000000000a"  // next sequence number
    "0000000000000007"  // tail
    "00000000000000d0"  // its end
    "0000000000001000"  // all bytes
    "000000000000000000000000"
    "8894f251";

std::vector<std::byte> from_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::byte>(hex_digit_value(hex[i]) * 16 + hex_digit_value(hex[i + 1])));
  }
  return bytes;
}

std::vector<std::byte> copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

const RecordHead kHead{
    .salt = 0x01020304, .sequence = 9, .payload_bytes = 45, .batch_offset = 72, .ends_batch = true};
constexpr std::uint64_t kBase = 7;
constexpr std::uint64_t kOffset = 136;

TEST(SpoolFormat, Header) {
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  encode_header({.salt = 0x01020304, .base = kBase}, bytes);
  EXPECT_EQ(copy(bytes), from_hex(kHeaderBytes));
  const auto header = decode_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->version, 1U);
  EXPECT_EQ(header->salt, 0x01020304U);
  EXPECT_EQ(header->base, kBase);
  EXPECT_FALSE(decode_header(ByteView(bytes).first(63)));
  bytes[30] = std::byte{1};
  EXPECT_FALSE(decode_header(bytes));
}

TEST(SpoolFormat, RecordHead) {
  const auto payload = from_hex(kEntryBytes);
  std::array<std::byte, kRecordHeadBytes> bytes{};
  encode_head(kHead, bytes);
  seal_head(bytes, kBase, kOffset, payload);
  EXPECT_EQ(copy(bytes), from_hex(kHeadBytes));
  const RecordHead head = decode_head(bytes);
  EXPECT_EQ(head.salt, kHead.salt);
  EXPECT_EQ(head.sequence, kHead.sequence);
  EXPECT_EQ(head.payload_bytes, kHead.payload_bytes);
  EXPECT_EQ(head.batch_offset, kHead.batch_offset);
  EXPECT_EQ(head.type, RecordType::kEntry);
  EXPECT_TRUE(head.ends_batch);
  EXPECT_FALSE(head.removed);
}

TEST(SpoolFormat, AChecksumHoldsForOnePlaceAndWhateverTheMark) {
  const auto payload = from_hex(kEntryBytes);
  std::array<std::byte, kRecordHeadBytes> bytes{};
  encode_head(kHead, bytes);
  const std::uint32_t checksum = record_checksum(bytes, kBase, kOffset, payload);
  EXPECT_NE(record_checksum(bytes, kBase + 1, kOffset, payload), checksum);
  EXPECT_NE(record_checksum(bytes, kBase, kOffset + 8, payload), checksum);
  bytes[kMarkAt] = kRemovedMark;
  EXPECT_EQ(record_checksum(bytes, kBase, kOffset, payload), checksum);
  EXPECT_TRUE(decode_head(bytes).removed);
  for (unsigned bit = 0; bit < 8; ++bit) {
    bytes[kMarkAt] = kKeptMark ^ static_cast<std::byte>(1U << bit);
    EXPECT_FALSE(decode_head(bytes).removed);
  }
}

TEST(SpoolFormat, Entry) {
  const auto properties = from_hex("0080026964");
  Buffer out;
  encode_entry(out, {.spooled_ms = 1'700'000'000'123,
                     .mandatory = true,
                     .exchange = "ex",
                     .routing_key = "a.b",
                     .properties = as_text(properties),
                     .body = "{}"});
  EXPECT_EQ(copy(out.view()), from_hex(kEntryBytes));
  const auto entry = decode_entry(out.view());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->number, 0U);
  EXPECT_EQ(entry->spooled_ms, 1'700'000'000'123);
  EXPECT_TRUE(entry->mandatory);
  EXPECT_EQ(entry->exchange, "ex");
  EXPECT_EQ(entry->routing_key, "a.b");
  EXPECT_EQ(entry->properties, as_text(properties));
  EXPECT_EQ(entry->refusal, "");
  EXPECT_EQ(entry->body, "{}");
}

TEST(SpoolFormat, RefusesEntriesThatAreNone) {
  const auto bytes = from_hex(kEntryBytes);
  for (std::size_t size = 0; size < bytes.size() - 2; ++size) {
    EXPECT_FALSE(decode_entry(ByteView(bytes).first(size))) << size;
  }
  auto with_bad_flag = bytes;
  with_bad_flag[16] = std::byte{2};
  EXPECT_FALSE(decode_entry(with_bad_flag));
  auto with_bad_properties = bytes;
  with_bad_properties[34] = std::byte{0xFF};
  EXPECT_FALSE(decode_entry(with_bad_properties));
}

TEST(SpoolFormat, State) {
  std::array<std::byte, kStateBytes> bytes{};
  encode_state({.settled = true, .next_sequence = 10, .tail = 7, .tail_end = 208, .bytes = 4096},
               bytes);
  EXPECT_EQ(copy(bytes), from_hex(kStateBytesInHex));
  const auto state = decode_state(bytes);
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->settled);
  EXPECT_EQ(state->next_sequence, 10U);
  EXPECT_EQ(state->tail, 7U);
  EXPECT_EQ(state->tail_end, 208U);
  EXPECT_EQ(state->bytes, 4096U);
  EXPECT_FALSE(decode_state({}));
  bytes[20] = std::byte{1};
  EXPECT_FALSE(decode_state(bytes));
}

TEST(SpoolFormat, Names) {
  EXPECT_EQ(segment_name("queue", 0xAB), "queue-00000000000000ab.spool");
  EXPECT_EQ(base_of_name("queue", "queue-00000000000000ab.spool"), 0xABU);
  for (const std::string_view other :
       {"queue-00000000000000AB.spool", "queue-0000000000000000.spool", "queue.state", "",
        "other-00000000000000ab.spool", "queue-00000000000000ab.spoon",
        "queue_00000000000000ab.spool", "queue-+0000000000000ab.spool"}) {
    EXPECT_EQ(base_of_name("queue", other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace bb::client::spool
