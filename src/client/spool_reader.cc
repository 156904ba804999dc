#include "client/spool_reader.h"

#include <utility>

#include "base/try.h"

namespace bb::client::spool {

Result<std::optional<Record>> QueueReader::next() {
  if (damage_) return fail(*damage_);
  BB_TRY_ASSIGN(const bool more, advance());
  if (!more) return std::nullopt;
  BB_TRY_ASSIGN(const auto record, segment_->scanner.next());
  if (!record) return tell_damage(damage_error(path(), segment_->scanner.offset()));
  return record;
}

Result<void> QueueReader::skip_damage() {
  BB_ASSERT(damage_.has_value());
  if (segment_) {
    RecordScanner& scanner = segment_->scanner;
    BB_TRY_ASSIGN(const auto record, scanner.find_behind(scanner.offset()));
    scanner.set_offset(record ? record->offset : scanner.end());
  }
  damage_.reset();
  return {};
}

Result<bool> QueueReader::advance() {
  if (segment_ && !segment_->scanner.at_end()) return true;
  BB_TRY_ASSIGN(const auto extents, queue_.segments());
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const SharedQueue::Extent& extent = extents[i];
    const bool too_old = i + 1 < extents.size() && extents[i + 1].base <= from_;
    if (extent.base < base_ || too_old) continue;
    if (extent.base > base_) {
      const auto opened = open(extent);
      // Removed since they were listed, all of its records done with.
      if (!opened && opened.error().code == ErrorCode::kNotFound) continue;
      if (!opened) return fail(opened.error());
    } else if (segment_) {
      std::uint64_t end = 0;
      if (extent.end) {
        end = *extent.end;
      } else {
        BB_TRY_ASSIGN(end, segment_->file->size());
      }
      segment_->scanner.set_end(end);
    }
    if (segment_ && !segment_->scanner.at_end()) return true;
  }
  return false;
}

Result<void> QueueReader::open(const SharedQueue::Extent& extent) {
  const std::string name = queue_.segment_file_name(extent.base);
  BB_TRY_ASSIGN(auto file, queue_.folder().open_file(name, mode_));
  BB_TRY_ASSIGN(const std::uint64_t size, file->size());
  base_ = extent.base;
  segment_.reset();
  const auto header = read_header(*file, base_, path());
  if (!header && header.error().code == ErrorCode::kCorruptData) return tell_damage(header.error());
  if (!header) return fail(header.error());
  RecordScanner scanner(file, base_, header->salt, kSegmentHeaderBytes, extent.end.value_or(size));
  segment_ = std::make_shared<OpenSegment>(base_, std::move(file), std::move(scanner));
  return {};
}

std::unexpected<Error> QueueReader::tell_damage(Error damage) {
  damage_ = damage;
  return fail(std::move(damage));
}

}  // namespace bb::client::spool
