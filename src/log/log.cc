#include "log/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/random.h"
#include "base/try.h"
#include "log/log_reader.h"

namespace bb::log {
namespace {

constexpr std::size_t kReadGuessBytes = 4 << 10;
constexpr std::size_t kScanWindowBytes = 1 << 20;
// Beside the record itself: its batch's head, and the end of the segment.
constexpr std::uint64_t kMarksBytes = 2 * kMarkBytes;

}  // namespace

Result<void> SyncJob::run() {
  for (const auto& file : files_) BB_TRY(file->sync());
  return folder_ == nullptr ? Result<void>() : folder_->sync();
}

Result<std::unique_ptr<Log>> Log::open(io::Folder& folder, const LogOptions& options,
                                       const RecoveryOptions& recovery, std::int64_t now_ms) {
  BB_TRY_ASSIGN(Recovered recovered, recover(folder, recovery));
  std::unique_ptr<Log> log(new Log(folder, options));
  log->now_ms_ = now_ms;
  BB_TRY(log->adopt(std::move(recovered)));
  return log;
}

Result<void> Log::adopt(Recovered recovered) {
  report_ = std::move(recovered.report);
  segments_ = std::move(recovered.segments);
  next_base_ = recovered.next_base;
  salt_ = segments_.empty() ? options_.salt : segments_.back().salt;
  while (salt_ == 0) salt_ = static_cast<std::uint32_t>(random_u64());
  end_ = next_base_;
  if (!segments_.empty() && !segments_.back().sealed) {
    Segment& last = segments_.back();
    BB_TRY_ASSIGN(current_, folder_.open_file(segment_name(last.base), io::OpenMode::kWrite));
    end_ = last.end();
    // A file that was trimmed, or copied, may have less room than bytes.
    const auto reserved = current_->allocate(last.file_bytes);
    if (!reserved && reserved.error().code != ErrorCode::kDiskFull) return reserved;
    room_end_ = reserved ? last.base + last.file_bytes : end_;
  }
  durable_ = end_;
  return {};
}

Result<Position> Log::append(std::uint8_t type, std::span<const ByteView> parts, Room room) {
  BB_ASSERT(type != 0 && type < kFirstOwnType);
  if (failed_) [[unlikely]]
    return fail(*failed_);
  std::size_t payload_bytes = 0;
  for (const ByteView part : parts) payload_bytes += part.size();
  if (payload_bytes > options_.record_bytes_max) [[unlikely]] {
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("a record of {} bytes, above the limit of {}", payload_bytes,
                            options_.record_bytes_max));
  }
  const std::uint64_t bytes = record_bytes(payload_bytes);
  if (end_ + bytes + kMarksBytes + options_.reserve_bytes > room_end_) [[unlikely]] {
    BB_TRY(make_room(bytes, room));
  }
  if (pending_.empty()) open_batch();
  const Position position = end_;
  std::byte* const at = pending_.extend(bytes);
  store_big_endian(at + bytes - kRecordAlignment, std::uint64_t{0});  // the padding
  std::byte* to = at + kRecordHeadBytes;
  for (const ByteView part : parts) {
    if (part.empty()) continue;
    std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  seal_record(at, salt_, position, type, payload_bytes);
  end_ += bytes;
  return position;
}

void Log::open_batch() {
  encode_mark(pending_.extend(kMarkBytes), salt_, end_, kBatchType, durable_);
  end_ += kMarkBytes;
}

Result<void> Log::mark_durable() {
  const bool idle = !failed_ && has_current() && pending_.empty() && durable_ == end_;
  // A mark cannot tell of itself.
  if (!idle || end_ <= marked_ + kMarkBytes) return {};
  if (end_ + kMarkBytes + kMarksBytes > room_end_) return {};
  open_batch();
  return write();
}

Result<void> Log::make_room(std::uint64_t record_bytes, Room room) {
  auto made = extend_or_roll(record_bytes);
  if (made || room == Room::kNormal || made.error().code != ErrorCode::kDiskFull) return made;
  if (has_current() && end_ + record_bytes + kMarksBytes <= room_end_) return {};
  return made;
}

std::uint64_t Log::room_for(std::uint64_t record_bytes) const {
  return record_bytes + kMarksBytes + options_.reserve_bytes;
}

Result<void> Log::extend_or_roll(std::uint64_t record_bytes) {
  if (!has_current()) return start_segment(room_for(record_bytes));
  const std::uint64_t used = end_ - current().base;
  const std::uint64_t needed = used + room_for(record_bytes);
  if (needed > options_.segment_bytes && used > kSegmentHeaderBytes) {
    return start_segment(room_for(record_bytes));
  }
  const std::uint64_t wanted =
      std::max(needed, std::min(options_.segment_bytes, used + options_.reserve_step_bytes));
  BB_TRY_ASSIGN(const std::uint64_t room, reserve(*current_, current().file_bytes, needed, wanted));
  current().file_bytes = room;
  room_end_ = current().base + room;
  return {};
}

Result<std::uint64_t> Log::reserve(io::File& file, std::uint64_t present, std::uint64_t needed,
                                   std::uint64_t wanted) {
  if (disk_was_full_) {
    // Asking what is free costs little; a reservation that fails may cost the file system much.
    const auto free = folder_.free_bytes();
    if (free && *free < needed - std::min(needed, present)) {
      return fail(ErrorCode::kDiskFull,
                  fmt::format("{}: no room on the disk for {} bytes more, {} are free",
                              folder_.path_of(""), needed - present, *free));
    }
  }
  auto reserved = file.allocate(std::max(present, wanted));
  if (!reserved && reserved.error().code == ErrorCode::kDiskFull && needed < wanted) {
    wanted = needed;
    reserved = file.allocate(std::max(present, wanted));
  }
  disk_was_full_ = !reserved && reserved.error().code == ErrorCode::kDiskFull;
  if (!reserved) return fail(std::move(reserved).error());
  return std::max(present, wanted);
}

Result<void> Log::start_segment(std::uint64_t room_bytes) {
  Segment next{.base = has_current() ? end_ + kMarkBytes : next_base_,
               .used_bytes = kSegmentHeaderBytes,
               .created_ms = now_ms_,
               .salt = salt_};
  const std::string name = segment_name(next.base);
  BB_TRY_ASSIGN(auto file, folder_.open_file(name, io::OpenMode::kCreate));
  auto ready = prepare_segment(*file, next, room_bytes);
  if (ready && has_current()) ready = seal_current();
  if (!ready) {
    // What stays behind if this fails too is an empty or unfinished newest segment.
    static_cast<void>(folder_.remove(name));
    return ready;
  }
  segments_.push_back(next);
  current_ = std::move(file);
  end_ = next.end();
  room_end_ = next.base + next.file_bytes;
  ++folder_changes_;
  return {};
}

Result<void> Log::prepare_segment(io::File& file, Segment& segment, std::uint64_t room_bytes) {
  BB_TRY(file.truncate(0));
  const std::uint64_t needed = kSegmentHeaderBytes + room_bytes;
  const std::uint64_t wanted =
      room_bytes <= kMarksBytes
          ? needed
          : std::max(needed, std::min(options_.segment_bytes, options_.reserve_step_bytes));
  BB_TRY_ASSIGN(segment.file_bytes, reserve(file, 0, needed, wanted));
  std::array<std::byte, kSegmentHeaderBytes> header{};
  encode_header({.salt = salt_, .base = segment.base, .created_ms = segment.created_ms}, header);
  return file.write_at(0, ByteView(header));
}

Result<void> Log::roll() {
  BB_TRY(write());
  if (!has_current() || current().used_bytes == kSegmentHeaderBytes) return {};
  Segment& segment = current();
  const std::uint64_t needed = segment.used_bytes + kMarksBytes;
  if (segment.file_bytes > needed) {
    BB_TRY(current_->truncate(needed));
    segment.file_bytes = needed;
    room_end_ = segment.base + needed;
  }
  auto started = start_segment(kMarksBytes);
  if (started) return started;
  const std::uint64_t wanted = needed + options_.reserve_bytes;
  if (const auto room = reserve(*current_, needed, wanted, wanted)) {
    segment.file_bytes = *room;
    room_end_ = segment.base + *room;
  }
  return started;
}

// Writes what is pending and the end of the segment; after an error nothing has changed.
Result<void> Log::seal_current() {
  encode_mark(pending_.extend(kMarkBytes), salt_, end_, kSealType, durable_);
  end_ += kMarkBytes;
  if (auto wrote = write(); !wrote) {
    pending_.truncate(pending_.size() - kMarkBytes);
    end_ -= kMarkBytes;
    return wrote;
  }
  Segment& segment = current();
  segment.sealed = true;
  if (current_->truncate(segment.used_bytes)) segment.file_bytes = segment.used_bytes;
  unsynced_.push_back(std::move(current_));
  return {};
}

Result<void> Log::write() {
  if (failed_) return fail(*failed_);
  if (pending_.empty()) return {};
  // What is pending begins with a batch record, unless it is the end of a segment alone.
  if (pending_.size() > kMarkBytes) {
    encode_mark(pending_.at(0), salt_, written(), kBatchType, durable_);
  }
  if (auto wrote = current_->write_at(written() - current().base, pending_.view()); !wrote) {
    if (wrote.error().code != ErrorCode::kDiskFull) failed_ = wrote.error();
    return wrote;
  }
  pending_.clear();
  marked_ = durable_;
  if (pending_.capacity() > options_.pending_bytes_kept) pending_.reset();
  current().used_bytes = end_ - current().base;
  return {};
}

std::optional<SyncJob> Log::begin_sync() {
  if (syncing_ || failed_) return std::nullopt;
  const Position target = written();
  if (target <= durable_ && folder_changes_ == folder_changes_synced_) return std::nullopt;
  SyncJob job;
  job.target_ = target;
  job.files_ = std::exchange(unsynced_, {});
  if (has_current()) job.files_.push_back(current_);
  if (folder_changes_ != folder_changes_synced_) job.folder_ = &folder_;
  job.folder_changes_ = folder_changes_;
  syncing_ = true;
  return job;
}

void Log::end_sync(SyncJob&& job, Result<void> result) {
  BB_ASSERT(syncing_);
  syncing_ = false;
  if (!result) {
    if (!failed_) failed_ = std::move(result).error();
    return;
  }
  durable_ = std::max(durable_, job.target_);
  folder_changes_synced_ = std::max(folder_changes_synced_, job.folder_changes_);
}

Result<void> Log::sync_now() {
  BB_TRY(write());
  if (auto job = begin_sync()) {
    auto result = job->run();
    end_sync(*std::move(job), result);
    return result;
  }
  return {};
}

const Segment* Log::find_segment(Position position) const {
  const auto after = std::ranges::upper_bound(segments_, position, {}, &Segment::base);
  if (after == segments_.begin()) return nullptr;
  const Segment& segment = *std::prev(after);
  return position < end_of(segment) ? &segment : nullptr;
}

Position Log::end_of(const Segment& segment) const {
  return has_current() && &segment == &segments_.back() ? end_ : segment.end();
}

std::optional<Record> Log::pending_record(Position position) const {
  return decode_record(pending_.view().subspan(position - written()), salt_, position);
}

std::unexpected<Error> Log::no_record(Position position) {
  return fail(ErrorCode::kNotFound, fmt::format("the log has no record at position {}", position));
}

std::unexpected<Error> Log::damaged_record(const Segment& segment, Position position) const {
  return fail(
      ErrorCode::kCorruptData,
      fmt::format("{} has no record that checks at byte {} (position {})",
                  folder_.path_of(segment_name(segment.base)), position - segment.base, position));
}

Result<Record> Log::read(Position position, Buffer& scratch) const {
  const Segment* const segment = find_segment(position);
  if (segment == nullptr || position % kRecordAlignment != 0 ||
      position - segment->base < kSegmentHeaderBytes) {
    return no_record(position);
  }
  std::optional<Record> record;
  if (position >= written()) {
    record = pending_record(position);
  } else {
    BB_TRY_ASSIGN(const auto file, files_.open(segment->base));
    const std::uint64_t offset = position - segment->base;
    const std::uint64_t there = segment->used_bytes - offset;
    std::uint64_t wanted = std::min<std::uint64_t>(kReadGuessBytes, there);
    // Once more where the record is longer than the guess.
    for (int attempt = 0; attempt < 2; ++attempt) {
      scratch.clear();
      BB_TRY_ASSIGN(const std::size_t count,
                    file->read_at(offset, {scratch.extend(wanted), wanted}));
      scratch.truncate(count);
      if (count < kRecordHeadBytes) break;
      const std::uint64_t whole = kRecordHeadBytes + decode_head(scratch.view().data()).length;
      if (whole <= count || whole > there) break;
      wanted = whole;
    }
    record = decode_record(scratch.view(), segment->salt, position);
  }
  if (!record) return damaged_record(*segment, position);
  if (record->type >= kFirstOwnType) return no_record(position);
  return *record;
}

Result<void> Log::scan(Position from, const RecordVisitor& visitor) const {
  LogReader reader(*this, kScanWindowBytes);
  for (;;) {
    BB_TRY_ASSIGN(const auto record, reader.next(from));
    if (!record) return {};
    BB_TRY(visitor(*record));
    from = record->end();
  }
}

std::uint64_t Log::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.file_bytes;
  return bytes;
}

Result<void> Log::remove_segment(Position base) {
  if (failed_) return fail(*failed_);
  const auto found = std::ranges::lower_bound(segments_, base, {}, &Segment::base);
  if (found == segments_.end() || found->base != base) {
    return fail(ErrorCode::kNotFound, fmt::format("the log has no segment {}", base));
  }
  // The last one also holds the position that the log goes on from.
  if (!found->sealed || found->end() > durable_ || std::next(found) == segments_.end()) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} is still written to", folder_.path_of(segment_name(base))));
  }
  if (last_removal_ > folder_changes_synced_) {
    if (auto synced = folder_.sync(); !synced) {
      failed_ = synced.error();
      return synced;
    }
    folder_changes_synced_ = folder_changes_;
  }
  BB_TRY(folder_.remove(segment_name(base)));
  last_removal_ = ++folder_changes_;
  files_.forget(base);
  segments_.erase(found);
  return {};
}

}  // namespace bb::log
