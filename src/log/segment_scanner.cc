#include "log/segment_scanner.h"

#include <algorithm>

#include "base/try.h"

namespace bb::log {
namespace {

constexpr std::size_t kWindowBytes = 1 << 20;

constexpr std::uint64_t align_up(std::uint64_t offset) {
  return (offset + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
}

}  // namespace

SegmentScanner::SegmentScanner(const io::File& file, Position base, std::uint32_t salt,
                               std::uint64_t file_bytes)
    : file_(file), base_(base), salt_(salt), file_bytes_(file_bytes), window_(kWindowBytes) {}

Result<std::optional<Record>> SegmentScanner::record_at(std::uint64_t offset) {
  BB_TRY_ASSIGN(ByteView bytes, window_.fetch(file_, base_, offset, kRecordHeadBytes, file_bytes_));
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  const RecordHead head = decode_head(bytes.data());
  // A length that cannot be is not read: it may be anything.
  if (head.type == 0 || head.length > file_bytes_ - offset - kRecordHeadBytes) return std::nullopt;
  const std::uint64_t whole = kRecordHeadBytes + head.length;
  if (bytes.size() < whole) {
    BB_TRY_ASSIGN(bytes, window_.fetch(file_, base_, offset, whole, file_bytes_));
  }
  return decode_record(bytes, salt_, base_ + offset);
}

Result<std::optional<Record>> SegmentScanner::next() {
  BB_TRY_ASSIGN(auto record, record_at(offset_));
  // The padding of the last record may be missing.
  if (record) offset_ = std::min(record->end() - base_, align_up(file_bytes_));
  return record;
}

Result<Aftermath> SegmentScanner::look_behind(std::uint64_t from, Position damaged) {
  Aftermath found;
  for (std::uint64_t offset = align_up(from); offset < file_bytes_;) {
    BB_TRY_ASSIGN(const ByteView bytes,
                  window_.fetch(file_, base_, offset, kMarkBytes, file_bytes_));
    std::size_t at = 0;
    for (; at + kMarkBytes <= bytes.size(); at += kRecordAlignment) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      if (word == 0) continue;  // the second half of a mark's head is its length, never 0
      found.written = true;
      if (static_cast<std::uint32_t>(load_big_endian<std::uint64_t>(bytes.data() + at)) !=
          kMarkPayloadBytes) {
        continue;
      }
      const auto record = decode_record(bytes.subspan(at, kMarkBytes), salt_, base_ + offset + at);
      if (!record || !is_mark(*record)) continue;
      if (!found.next) found.next = offset + at;
      if (durable_mark(*record) > damaged) {
        found.durable = true;
        return found;
      }
    }
    // At the end, or the file is shorter than it was.
    if (at == 0 || offset + bytes.size() >= file_bytes_) {
      const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
      if (!std::ranges::all_of(bytes.subspan(at), zero)) found.written = true;
      break;
    }
    offset += at;
  }
  return found;
}

Result<std::optional<std::uint64_t>> SegmentScanner::behind_damaged() {
  BB_TRY_ASSIGN(const ByteView bytes,
                window_.fetch(file_, base_, offset_, kRecordHeadBytes, file_bytes_));
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  const std::uint64_t next = offset_ + record_bytes(decode_head(bytes.data()).length);
  if (next >= file_bytes_) return std::nullopt;
  BB_TRY_ASSIGN(const auto record, record_at(next));
  return record ? std::optional(next) : std::nullopt;
}

}  // namespace bb::log
