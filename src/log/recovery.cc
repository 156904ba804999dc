#include "log/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/try.h"
#include "log/segment_scanner.h"

namespace bb::log {
namespace {

constexpr std::size_t kRewriteBytes = 1 << 20;

struct SegmentFile {
  std::string name;
  Position base = 0;
  std::uint64_t file_bytes = 0;
  std::optional<SegmentHeader> header;
  std::uint32_t salt = 0;  // of the header, or the likely one where that does not check
};

class Recovery {
 public:
  Recovery(io::Folder& folder, const RecoveryOptions& options)
      : folder_(folder), options_(options) {}

  Result<Recovered> run() {
    BB_TRY(read_headers());
    for (std::size_t i = 0; i < files_.size(); ++i) {
      BB_TRY_ASSIGN(const bool more, check_segment(i));
      if (!more) break;
    }
    BB_TRY(make_durable());
    if (!out_.segments.empty()) {
      out_.next_base = std::max(out_.next_base, out_.segments.back().end());
    }
    return std::move(out_);
  }

 private:
  Result<std::shared_ptr<io::File>> open(const SegmentFile& file) {
    return folder_.open_file(file.name, io::OpenMode::kWrite);
  }

  // All of them before anything is changed: a version that is unknown ends it here.
  Result<void> read_headers() {
    BB_TRY_ASSIGN(const auto names, folder_.list());
    std::optional<std::uint32_t> salt;
    for (const std::string& name : names) {
      const auto base = base_of_name(name);
      if (!base) continue;
      SegmentFile found{.name = name, .base = *base, .header = {}};
      BB_TRY_ASSIGN(const auto file, folder_.open_file(name, io::OpenMode::kRead));
      BB_TRY_ASSIGN(found.file_bytes, file->size());
      std::array<std::byte, kSegmentHeaderBytes> bytes{};
      BB_TRY_ASSIGN(const std::size_t count, file->read_at(0, bytes));
      found.header = decode_header(ByteView(bytes).first(count));
      if (found.header && found.header->version != kFormatVersion) {
        return fail(ErrorCode::kFailure,
                    fmt::format("{} has version {} of the log format, and this program knows "
                                "version {} alone: use the program that wrote it",
                                folder_.path_of(name), found.header->version, kFormatVersion));
      }
      // Another segment's file under this name.
      if (found.header && found.header->base != found.base) found.header.reset();
      if (found.header) salt = found.header->salt;
      found.salt = salt.value_or(salt_of_damaged_header(bytes));
      files_.push_back(std::move(found));
    }
    return {};
  }

  // False when the log ends in this segment.
  Result<bool> check_segment(std::size_t index) {
    const SegmentFile& file = files_[index];
    if (!out_.segments.empty() && file.base < out_.segments.back().end()) {
      return remove_abandoned(file);
    }
    if (const Position expected = expected_base(); file.base != expected && unexplained(file)) {
      BB_TRY_ASSIGN(const bool more, check_gap(index, expected));
      if (!more) return false;
    }
    BB_TRY_ASSIGN(const auto handle, open(file));
    Segment segment{.base = file.base,
                    .file_bytes = file.file_bytes,
                    .created_ms = file.header ? file.header->created_ms : 0,
                    .salt = file.salt};
    const bool last = index + 1 == files_.size();
    if (file.header && !last && file.base + file.file_bytes <= options_.check_from) {
      BB_TRY_ASSIGN(segment.sealed, ends_sealed(file, *handle));
      if (segment.sealed) {
        segment.used_bytes = file.file_bytes;
        out_.segments.push_back(segment);
        return true;
      }
    }
    SegmentScanner scanner(*handle, file.base, file.salt, file.file_bytes);
    if (!file.header) {
      BB_TRY_ASSIGN(const Aftermath behind, look_behind(index, scanner, 0));
      if (!behind.durable) return trim(index, segment, *handle, behind, 0);
      BB_TRY(refuse_damage(file, 0));
      BB_TRY(rewrite_header(file, *handle));
    }
    while (!segment.sealed) {
      BB_TRY_ASSIGN(const auto record, scanner.next());
      if (record) {
        BB_TRY(take(*record, segment));
        continue;
      }
      const std::uint64_t stop = scanner.offset();
      BB_TRY_ASSIGN(const Aftermath behind, look_behind(index, scanner, stop));
      if (!behind.durable) return trim(index, segment, *handle, behind, stop);
      BB_TRY(refuse_damage(file, stop));
      BB_TRY_ASSIGN(const auto next, after_damage(scanner, behind));
      if (next) {
        BB_TRY(skip(file, *handle, stop, *next));
        scanner.set_offset(*next);
      } else if (last) {
        return trim(index, segment, *handle, behind, stop);
      } else {
        BB_TRY(end_early(index, segment, *handle, stop));
        scanner.set_offset(stop + kMarkBytes);
      }
    }
    segment.used_bytes = scanner.offset();
    out_.report.bytes_checked += segment.used_bytes;
    out_.segments.push_back(segment);
    return true;
  }

  // A segment that begins within the one before it: it was being made when the disk was full, and
  // its removal did not survive a crash. Nothing was ever written to it but its header.
  Result<bool> remove_abandoned(const SegmentFile& file) {
    BB_TRY_ASSIGN(const auto handle, open(file));
    SegmentScanner scanner(*handle, file.base, file.salt, file.file_bytes);
    BB_TRY_ASSIGN(const Aftermath inside, scanner.look_behind(kSegmentHeaderBytes, file.base));
    if (inside.written) {
      return fail(ErrorCode::kCorruptData,
                  fmt::format("{} begins before the segment in front of it ends, at position {}: "
                              "move one of the two away, or restore both from a backup",
                              folder_.path_of(file.name), out_.segments.back().end()));
    }
    add_stretch(out_.report.trimmed, file, 0, file.file_bytes);
    BB_TRY(folder_.remove(file.name));
    return true;
  }

  Position expected_base() const { return out_.segments.empty() ? 0 : out_.segments.back().end(); }
  // Nobody removed what was in front of the segment.
  bool unexplained(const SegmentFile& file) const { return file.base > options_.removed_up_to; }

  // A segment is missing in front of this one. The names of new files may survive a crash in any
  // order: unless it was durable once, the log ends there. False: it does.
  Result<bool> check_gap(std::size_t index, Position expected) {
    // Of what is missing, this much was removed.
    const Position lost = std::max(expected, options_.removed_up_to);
    Aftermath found;
    found.durable = lost < options_.durable_up_to;
    for (std::size_t i = index; i < files_.size() && !found.durable; ++i) {
      BB_TRY_ASSIGN(const auto file, open(files_[i]));
      SegmentScanner scanner(*file, files_[i].base, files_[i].salt, files_[i].file_bytes);
      BB_TRY_ASSIGN(found, scanner.look_behind(kSegmentHeaderBytes, lost));
    }
    if (!found.durable) {
      BB_TRY(remove_from(index));
      out_.next_base = lost;
      return false;
    }
    const SegmentFile& behind = files_[index];
    if (options_.repair == RepairMode::kRepair) {
      out_.report.skipped.push_back({folder_.path_of(segment_name(lost)), lost, behind.base});
      return true;
    }
    return fail(ErrorCode::kCorruptData,
                fmt::format("{} is missing, and what comes after it, in {}, had been on disk: "
                            "restore the file from a backup, or start with --repair, which goes on "
                            "without it",
                            folder_.path_of(segment_name(lost)), folder_.path_of(behind.name)));
  }

  Result<void> take(const Record& record, Segment& segment) {
    if (is_mark(record)) mark_ = std::max(mark_, durable_mark(record));
    if (record.type == kSealType) segment.sealed = true;
    if (record.type >= kFirstOwnType || !options_.visitor) return {};
    return options_.visitor(record);
  }

  Result<bool> ends_sealed(const SegmentFile& file, const io::File& handle) {
    if (file.file_bytes < kSegmentHeaderBytes + kMarkBytes ||
        file.file_bytes % kRecordAlignment != 0) {
      return false;
    }
    std::array<std::byte, kMarkBytes> bytes{};
    const std::uint64_t offset = file.file_bytes - kMarkBytes;
    BB_TRY_ASSIGN(const std::size_t count, handle.read_at(offset, bytes));
    const auto record = decode_record(ByteView(bytes).first(count), file.salt, file.base + offset);
    if (!record || record->type != kSealType || !is_mark(*record)) return false;
    mark_ = std::max(mark_, durable_mark(*record));
    return true;
  }

  // Behind the record at `stop` of the file, in it and in those after it.
  Result<Aftermath> look_behind(std::size_t index, SegmentScanner& scanner, std::uint64_t stop) {
    const Position damaged = files_[index].base + stop;
    BB_TRY_ASSIGN(Aftermath found,
                  scanner.look_behind(std::max<std::uint64_t>(stop, kSegmentHeaderBytes), damaged));
    found.durable = found.durable || damaged < options_.durable_up_to;
    for (std::size_t i = index + 1; i < files_.size() && !found.durable; ++i) {
      BB_TRY_ASSIGN(const auto file, open(files_[i]));
      SegmentScanner later(*file, files_[i].base, files_[i].salt, files_[i].file_bytes);
      BB_TRY_ASSIGN(const Aftermath there, later.look_behind(kSegmentHeaderBytes, damaged));
      found.durable = there.durable;
    }
    return found;
  }

  Result<void> refuse_damage(const SegmentFile& file, std::uint64_t offset) const {
    if (options_.repair == RepairMode::kRepair) return {};
    return fail(ErrorCode::kCorruptData,
                fmt::format("{} is damaged at byte {} (position {}), and what comes after it had "
                            "been on disk: restore the file from a backup, or start with "
                            "--repair, which gives the damaged part up and keeps the rest",
                            folder_.path_of(file.name), offset, file.base + offset));
  }

  // Cuts off what was never durable, in such an order that a crash half-way leaves a torn tail
  // again.
  Result<bool> trim(std::size_t index, Segment segment, io::File& handle, const Aftermath& behind,
                    std::uint64_t stop) {
    const SegmentFile& file = files_[index];
    BB_TRY(remove_from(index + 1));
    if (stop < kSegmentHeaderBytes) {  // it was being made
      if (file.file_bytes > 0) add_stretch(out_.report.trimmed, file, 0, file.file_bytes);
      BB_TRY(handle.truncate(0));
      BB_TRY(handle.sync());
      out_.next_base = file.base;
      return false;
    }
    if (behind.written) {
      add_stretch(out_.report.trimmed, file, stop, file.file_bytes);
      BB_TRY(handle.truncate(stop));
      BB_TRY(handle.sync());
      segment.file_bytes = stop;
    }
    segment.used_bytes = stop;
    out_.report.bytes_checked += stop;
    out_.segments.push_back(segment);
    return false;
  }

  Result<void> remove_from(std::size_t index) {
    for (std::size_t i = files_.size(); i-- > index;) {
      add_stretch(out_.report.trimmed, files_[i], 0, files_[i].file_bytes);
      BB_TRY(folder_.remove(files_[i].name));
    }
    return index < files_.size() ? folder_.sync() : Result<void>();
  }

  // Where to go on in the same segment, leaving room for a record that covers the damage.
  static Result<std::optional<std::uint64_t>> after_damage(SegmentScanner& scanner,
                                                           const Aftermath& behind) {
    const std::uint64_t first = scanner.offset() + record_bytes(0);
    BB_TRY_ASSIGN(const auto by_length, scanner.behind_damaged());
    if (by_length && *by_length >= first) return by_length;
    if (!behind.next || *behind.next >= first) return behind.next;
    BB_TRY_ASSIGN(const Aftermath further, scanner.look_behind(first, scanner.position()));
    return further.next;
  }

  Result<void> skip(const SegmentFile& file, io::File& handle, std::uint64_t begin,
                    std::uint64_t end) {
    add_stretch(out_.report.skipped, file, begin, end);
    Buffer bytes;
    BB_TRY_ASSIGN(const std::size_t count,
                  handle.read_at(begin, {bytes.extend(end - begin), end - begin}));
    bytes.truncate(count);
    if (count < end - begin) {
      return fail(ErrorCode::kIo, fmt::format("{} became shorter", folder_.path_of(file.name)));
    }
    seal_record(bytes.at(0), file.salt, file.base + begin, kSkipType, count - kRecordHeadBytes);
    BB_TRY(handle.write_at(begin, bytes.view().first(kRecordHeadBytes)));
    return handle.sync();
  }

  // The damage reaches to the end of a segment that others follow.
  Result<void> end_early(std::size_t index, Segment& segment, io::File& handle,
                         std::uint64_t stop) {
    const SegmentFile& file = files_[index];
    add_stretch(out_.report.skipped, file, stop, files_[index + 1].base - file.base);
    std::array<std::byte, kMarkBytes> seal{};
    encode_mark(seal.data(), file.salt, file.base + stop, kSealType,
                std::min(mark_, file.base + stop));
    BB_TRY(handle.truncate(stop));
    BB_TRY(handle.write_at(stop, ByteView(seal)));
    segment.sealed = true;
    segment.file_bytes = stop + kMarkBytes;
    return handle.sync();
  }

  Result<void> rewrite_header(const SegmentFile& file, io::File& handle) {
    add_stretch(out_.report.skipped, file, 0, kSegmentHeaderBytes);
    std::array<std::byte, kSegmentHeaderBytes> bytes{};
    encode_header({.salt = file.salt, .base = file.base}, bytes);
    BB_TRY(handle.write_at(0, ByteView(bytes)));
    return handle.sync();
  }

  // What was read may be in the page cache alone. After a failed sync it is even marked clean
  // there, so it is written again before it is synced.
  Result<void> make_durable() {
    Buffer chunk;
    for (const Segment& segment : out_.segments) {
      const bool open = &segment == &out_.segments.back();
      if (segment.end() <= mark_ && !open) continue;
      BB_TRY_ASSIGN(const auto file,
                    folder_.open_file(segment_name(segment.base), io::OpenMode::kWrite));
      std::uint64_t offset = mark_ > segment.base ? mark_ - segment.base : 0;
      while (offset < segment.used_bytes) {
        const auto size = std::min<std::uint64_t>(kRewriteBytes, segment.used_bytes - offset);
        chunk.clear();
        BB_TRY_ASSIGN(const std::size_t count, file->read_at(offset, {chunk.extend(size), size}));
        if (count == 0) break;
        const auto written = file->write_at(offset, chunk.view().first(count));
        // A file system that copies on write may have no room; then the sync has to do.
        if (!written && written.error().code != ErrorCode::kDiskFull) return written;
        offset += count;
      }
      BB_TRY(file->sync());
    }
    return folder_.sync();
  }

  void add_stretch(std::vector<RecoveryReport::Stretch>& list, const SegmentFile& file,
                   std::uint64_t begin, std::uint64_t end) const {
    list.push_back({folder_.path_of(file.name), file.base + begin, file.base + end});
  }

  io::Folder& folder_;
  const RecoveryOptions& options_;
  std::vector<SegmentFile> files_;
  Position mark_ = 0;  // all before it was durable, says the log
  Recovered out_;
};

}  // namespace

Result<Recovered> recover(io::Folder& folder, const RecoveryOptions& options) {
  return Recovery(folder, options).run();
}

}  // namespace bb::log
