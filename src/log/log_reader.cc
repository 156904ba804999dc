#include "log/log_reader.h"

#include <algorithm>

#include "base/try.h"

namespace bb::log {

Result<Record> LogReader::record_at(const Segment& segment, Position position) {
  std::optional<Record> record;
  if (position >= log_.written()) {
    record = log_.pending_record(position);
  } else {
    const std::uint64_t offset = position - segment.base;
    ByteView bytes = window_.held(segment.base, offset);
    std::uint64_t whole = kRecordHeadBytes;
    if (bytes.size() >= whole) whole += decode_head(bytes.data()).length;
    if (bytes.size() < whole) {
      BB_TRY_ASSIGN(const auto file, log_.files_.open(segment.base));
      // Twice where the record is longer than the window.
      for (int attempt = 0; attempt < 2 && bytes.size() < whole; ++attempt) {
        if (whole > segment.used_bytes - offset) break;
        BB_TRY_ASSIGN(bytes, window_.fetch(*file, segment.base, offset, whole, segment.used_bytes));
        if (bytes.size() < kRecordHeadBytes) break;
        whole = kRecordHeadBytes + decode_head(bytes.data()).length;
      }
    }
    record = decode_record(bytes, segment.salt, position);
  }
  if (!record) return log_.damaged_record(segment, position);
  return *record;
}

Result<Record> LogReader::read(Position position) {
  const Segment* const segment = log_.find_segment(position);
  if (segment == nullptr || position % kRecordAlignment != 0 ||
      position - segment->base < kSegmentHeaderBytes) {
    return Log::no_record(position);
  }
  BB_TRY_ASSIGN(const Record record, record_at(*segment, position));
  if (record.type >= kFirstOwnType) return Log::no_record(position);
  return record;
}

Result<std::optional<Record>> LogReader::next(Position from) {
  const auto segments = log_.segments();
  auto segment = std::ranges::upper_bound(segments, from, {}, &Segment::base);
  if (segment != segments.begin()) --segment;
  for (; segment != segments.end(); ++segment) {
    const Position end = log_.end_of(*segment);
    Position position = std::max(from, segment->base + kSegmentHeaderBytes);
    while (position < end) {
      BB_TRY_ASSIGN(const Record record, record_at(*segment, position));
      if (record.type < kFirstOwnType) return record;
      position = record.end();
    }
  }
  return std::nullopt;
}

}  // namespace bb::log
