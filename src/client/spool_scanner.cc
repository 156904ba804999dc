#include "client/spool_scanner.h"

#include <algorithm>

#include "base/try.h"

namespace bb::client::spool {
namespace {

constexpr std::uint64_t kWindowBytes = 256 * 1024;

bool is_type(RecordType type) {
  return type == RecordType::kEntry || type == RecordType::kGap;
}

}  // namespace

Result<std::optional<Record>> RecordScanner::next() {
  BB_TRY_ASSIGN(auto record, record_at(offset_));
  if (record) offset_ = record->end;
  return record;
}

Result<std::optional<Record>> RecordScanner::record_at(std::uint64_t offset) {
  BB_TRY_ASSIGN(ByteView bytes, fetch(offset, kRecordHeadBytes));
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  const RecordHead head = decode_head(bytes.first<kRecordHeadBytes>());
  const std::uint64_t size = record_bytes(head.payload_bytes);
  if (head.salt != salt_ || !is_type(head.type) || size > end_ - offset ||
      head.batch_offset > offset - kSegmentHeaderBytes) {
    return std::nullopt;
  }
  BB_TRY_ASSIGN(bytes, fetch(offset, size));
  if (bytes.size() < size) return std::nullopt;
  const ByteView payload = bytes.subspan(kRecordHeadBytes, head.payload_bytes);
  if (record_checksum(bytes.first<kRecordHeadBytes>(), base_, offset, payload) != head.checksum) {
    return std::nullopt;
  }
  return Record{.offset = offset,
                .end = offset + size,
                .batch_begin = offset - head.batch_offset,
                .sequence = head.sequence,
                .type = head.type,
                .ends_batch = head.ends_batch,
                .removed = head.removed,
                .payload = payload};
}

Result<std::optional<Record>> RecordScanner::find_behind(std::uint64_t offset) {
  for (std::uint64_t at = offset + kRecordAlignment; at + kRecordHeadBytes <= end_;
       at += kRecordAlignment) {
    BB_TRY_ASSIGN(auto record, record_at(at));
    if (record) return record;
  }
  return std::nullopt;
}

Result<ByteView> RecordScanner::fetch(std::uint64_t offset, std::uint64_t bytes_min) {
  if (offset >= end_) return ByteView{};
  const std::uint64_t window_end = window_begin_ + window_.size();
  if (offset < window_begin_ || offset >= window_end || window_end - offset < bytes_min) {
    // The memory of one large record is not kept for ever.
    if (window_.capacity() > 2 * kWindowBytes && bytes_min <= kWindowBytes) window_.reset();
    window_.clear();
    window_begin_ = offset;
    const std::uint64_t size = std::min(end_ - offset, std::max(kWindowBytes, bytes_min));
    const auto read = file_->read_at(offset, {window_.extend(size), size});
    window_.truncate(read.value_or(0));
    if (!read) return fail(read.error());
  }
  return window_.view().subspan(offset - window_begin_);
}

}  // namespace bb::client::spool
