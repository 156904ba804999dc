#include "client/spool_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/random.h"
#include "base/try.h"

namespace bb::client::spool {

Result<SharedQueue::Access> SharedQueue::lock(LossMode losses) {
  Access access;
  BB_TRY_ASSIGN(access.state_file,
                folder_.open_file(state_name(options_.name), io::OpenMode::kCreate));
  BB_TRY(access.state_file->lock());
  std::array<std::byte, kStateBytes> bytes{};
  BB_TRY_ASSIGN(const std::size_t count, access.state_file->read_at(0, bytes));
  access.state = decode_state(ByteView(bytes).first(count)).value_or(State{});
  if (access.state.settled) {
    BB_TRY_ASSIGN(const bool as_known, open_tail(access));
    if (as_known) return access;
  }
  const State known = access.state;
  BB_TRY_ASSIGN(const bool is_lossy, has_loss(known));
  BB_TRY_ASSIGN(access.state, recover(folder_, options_.name, known, losses));
  if (is_lossy) {
    access.lost_bytes =
        known.tail_end - (access.state.tail == known.tail ? access.state.tail_end : 0);
  }
  BB_TRY_ASSIGN(const bool as_known, open_tail(access));
  if (!as_known) {
    return fail(ErrorCode::kIo,
                fmt::format("{} changed while its lock was held; keep other programs "
                            "out of the folder",
                            folder_.path_of(segment_file_name(access.state.tail))));
  }
  // Without it the next one recovers again; a full disk does not keep anybody from draining.
  (void)write_state(access);
  return access;
}

Result<bool> SharedQueue::has_loss(const State& known) {
  if (known.tail == 0) return false;
  const auto file = folder_.open_file(segment_file_name(known.tail), io::OpenMode::kRead);
  // Of an unsettled state it may have been removed in order.
  if (!file && file.error().code == ErrorCode::kNotFound) return known.settled;
  if (!file) return fail(file.error());
  BB_TRY_ASSIGN(const std::uint64_t size, (*file)->size());
  return size < known.tail_end;
}

Result<bool> SharedQueue::open_tail(Access& access) {
  const State& state = access.state;
  if (state.tail == 0) return true;
  const std::string name = segment_file_name(state.tail);
  auto file = folder_.open_file(name, io::OpenMode::kWrite);
  if (!file && file.error().code == ErrorCode::kNotFound) return false;
  if (!file) return fail(std::move(file).error());
  BB_TRY_ASSIGN(const std::uint64_t size, (*file)->size());
  if (size != state.tail_end) return false;
  const auto header = read_header(**file, state.tail, folder_.path_of(name));
  if (!header && header.error().code == ErrorCode::kCorruptData) return false;
  if (!header) return fail(header.error());
  access.tail = std::move(*file);
  access.tail_salt = header->salt;
  return true;
}

Result<void> SharedQueue::write_state(Access& access) {
  std::array<std::byte, kStateBytes> bytes{};
  encode_state(access.state, bytes);
  return access.state_file->write_at(0, bytes);
}

// So a settled state names the right tail, even if it is an old one that a power failure
// brought back; that it may be behind with the tail's end shows in the size of the file.
Result<void> SharedQueue::unsettle(Access& access) {
  access.state.settled = false;
  BB_TRY(write_state(access));
  BB_TRY(access.state_file->sync());
  access.state.settled = true;  // what is written next
  return {};
}

Result<std::uint64_t> SharedQueue::append(std::span<const ByteView> payloads) {
  BB_ASSERT(!payloads.empty());
  std::uint64_t size = 0;
  for (const ByteView payload : payloads) size += record_bytes(payload.size());
  if (size > kAppendBytesMax) {
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("{} bytes are too many at once (at most {})", size, kAppendBytesMax));
  }
  BB_TRY_ASSIGN(Access access, lock());
  const State before = access.state;
  const bool has_room = access.tail && (before.tail_end == kSegmentHeaderBytes ||
                                        before.tail_end + size <= options_.segment_bytes_max);
  BB_TRY(check_room(access, size + (has_room ? 0 : kSegmentHeaderBytes)));
  Result<void> appended = has_room ? Result<void>() : begin_tail(access);
  if (appended) appended = write_batch(access, payloads);
  if (!appended) {
    undo_append(access, before);
    return fail(std::move(appended).error());
  }
  // The records are on the disk, whatever becomes of this.
  (void)write_state(access);
  return before.next_sequence;
}

Result<void> SharedQueue::begin_tail(Access& access) {
  BB_TRY(unsettle(access));
  State& state = access.state;
  const SegmentHeader header{.salt = static_cast<std::uint32_t>(random_u64()),
                             .base = state.next_sequence};
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  encode_header(header, bytes);
  BB_TRY_ASSIGN(access.tail,
                folder_.open_file(segment_file_name(header.base), io::OpenMode::kCreate));
  state.tail = header.base;
  state.tail_end = 0;
  access.tail_salt = header.salt;
  BB_TRY(access.tail->truncate(0));
  BB_TRY(access.tail->write_at(0, bytes));
  state.tail_end = kSegmentHeaderBytes;
  state.bytes += kSegmentHeaderBytes;
  return folder_.sync();
}

Result<void> SharedQueue::write_batch(Access& access, std::span<const ByteView> payloads) {
  static constexpr std::array<std::byte, kRecordAlignment> kPadding{};
  State& state = access.state;
  std::vector<std::array<std::byte, kRecordHeadBytes>> heads(payloads.size());
  std::vector<ByteView> parts;
  parts.reserve(3 * payloads.size());
  std::uint64_t offset = state.tail_end;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const ByteView payload = payloads[i];
    encode_head({.salt = access.tail_salt,
                 .sequence = state.next_sequence + i,
                 .payload_bytes = static_cast<std::uint32_t>(payload.size()),
                 .batch_offset = static_cast<std::uint32_t>(offset - state.tail_end),
                 .ends_batch = i + 1 == payloads.size()},
                heads[i]);
    seal_head(heads[i], state.tail, offset, payload);
    const std::uint64_t size = record_bytes(payload.size());
    parts.insert(parts.end(), {heads[i], payload,
                               ByteView(kPadding).first(size - kRecordHeadBytes - payload.size())});
    offset += size;
  }
  BB_TRY(access.tail->write_at(state.tail_end, parts));
  BB_TRY(access.tail->sync());
  state.bytes += offset - state.tail_end;
  state.tail_end = offset;
  state.next_sequence += payloads.size();
  return {};
}

// What it cannot undo, the next one who has the lock finds by the size of the tail or the
// unsettled state.
void SharedQueue::undo_append(Access& access, const State& before) {
  if (access.state.tail == before.tail) {
    // Synced, so that the next append does not lie in front of remains of this one.
    if (access.tail && access.tail->truncate(before.tail_end)) (void)access.tail->sync();
    return;
  }
  if (!folder_.remove(segment_file_name(access.state.tail)) || !folder_.sync()) return;
  access.state = before;
  (void)write_state(access);
}

Result<void> SharedQueue::check_room(Access& access, std::uint64_t bytes) {
  State& state = access.state;
  if (state.bytes + bytes <= options_.bytes_max) return {};
  // It may say more than there is, after a process was killed.
  BB_TRY(recount(access));
  if (state.bytes + bytes <= options_.bytes_max) return {};
  return fail(ErrorCode::kResourceError,
              fmt::format("{} of {} bytes are taken, and {} more are needed", state.bytes,
                          options_.bytes_max, bytes));
}

Result<void> SharedQueue::recount(Access& access) {
  BB_TRY_ASSIGN(const auto bases, segment_bases(folder_, options_.name));
  access.state.bytes = 0;
  for (const std::uint64_t base : bases) {
    BB_TRY_ASSIGN(const auto file, folder_.open_file(segment_file_name(base), io::OpenMode::kRead));
    BB_TRY_ASSIGN(const std::uint64_t size, file->size());
    access.state.bytes += size;
  }
  return {};
}

Result<std::vector<SharedQueue::Extent>> SharedQueue::segments() {
  BB_TRY_ASSIGN(const Access access, lock());
  BB_TRY_ASSIGN(const auto bases, segment_bases(folder_, options_.name));
  std::vector<Extent> extents;
  for (const std::uint64_t base : bases) {
    extents.push_back({.base = base, .end = {}});
    if (base == access.state.tail) extents.back().end = access.state.tail_end;
  }
  return extents;
}

Result<bool> SharedQueue::remove_segment(std::uint64_t base, std::uint64_t end, io::File& file) {
  BB_TRY_ASSIGN(Access access, lock());
  BB_TRY_ASSIGN(const std::uint64_t size, file.size());
  if (size != end) return false;
  // If a power failure brings the file back, it comes with its marks.
  BB_TRY(file.sync());
  State& state = access.state;
  if (base == state.tail) {
    BB_TRY(unsettle(access));
    state.tail = 0;
    state.tail_end = 0;
    // No name is used twice, not even that of a segment without records.
    state.next_sequence = std::max(state.next_sequence, base + 1);
  }
  BB_TRY(folder_.remove(segment_file_name(base)));
  // One without a record would not be noticed, and not removed, if it came back.
  if (end == kSegmentHeaderBytes) BB_TRY(folder_.sync());
  BB_TRY(recount(access));
  (void)write_state(access);
  return true;
}

Result<void> SharedQueue::remove_all() {
  BB_TRY_ASSIGN(Access access, lock(LossMode::kAccept));
  BB_TRY(unsettle(access));
  BB_TRY_ASSIGN(const auto bases, segment_bases(folder_, options_.name));
  for (const std::uint64_t base : bases) BB_TRY(folder_.remove(segment_file_name(base)));
  BB_TRY(folder_.sync());
  access.state.tail = 0;
  access.state.tail_end = 0;
  access.state.bytes = 0;
  return write_state(access);
}

Result<std::uint64_t> SharedQueue::accept_losses() {
  BB_TRY_ASSIGN(Access access, lock(LossMode::kAccept));
  BB_TRY(recount(access));
  BB_TRY(write_state(access));
  return access.lost_bytes;
}

Result<std::uint64_t> SharedQueue::bytes() {
  BB_TRY_ASSIGN(const Access access, lock());
  return access.state.bytes;
}

}  // namespace bb::client::spool
