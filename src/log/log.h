// A segmented append-only log in a folder: typed records of bytes, found again by position.
// It knows nothing of what they mean. Layout: docs/formats/log.md.
//
// Life of a record: append() puts it into memory, write() hands everything pending to the
// kernel in one call, and the sync in between begin_sync() and end_sync() makes it durable.
// read() finds it from the first moment on. After a crash every record before durable() is
// there; of those behind it, some first few may be.
//
// Room: a record is appended only where the file has room reserved on the disk, so a full disk
// is told by append(), with nothing changed, and not by write(). It works again when there is
// room. The last of the room is kept for Room::kReserved.
//
// Failure: a sync that fails, and a write that fails other than for want of room, ends the log
// (failed()): every later append, write and sync is refused with that error; reading goes on.
//
// Threads: one, SyncJob::run() excepted. The folder outlives the log and every SyncJob.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "io/file_system.h"
#include "log/record.h"
#include "log/recovery.h"
#include "log/segment_files.h"

namespace bb::log {

struct LogOptions {
  std::uint64_t segment_bytes = 64 << 20;      // a file grows to this, or to its one record
  std::uint64_t record_bytes_max = 256 << 20;  // of payload; below 4 GiB
  std::uint64_t reserve_bytes = 1 << 20;       // room for Room::kReserved when the disk is full
  std::uint64_t reserve_step_bytes = 8 << 20;  // how much room is taken from the disk at once
  std::uint64_t pending_bytes_kept = 4 << 20;  // memory kept for the next batch
  std::uint32_t salt = 0;  // of a new log's checksums; 0: drawn at random. Clients must not know it
};

enum class Room : std::uint8_t {
  kNormal,
  kReserved,  // small records that give room back in the end (acks): may use the reserve
};

// A sync under way. run() blocks in fdatasync and may be called on any thread, once; hand the
// job and its result back to Log::end_sync() on the log's thread.
class SyncJob {
 public:
  Result<void> run();

 private:
  friend class Log;
  SyncJob() = default;

  std::vector<std::shared_ptr<io::File>> files_;
  io::Folder* folder_ = nullptr;  // set where names changed
  std::uint64_t folder_changes_ = 0;
  Position target_ = 0;
};

class Log {
 public:
  // Opens the log in `folder`, an empty one included; all that it then holds is durable.
  // `now_ms` is the first set_time(). Errors: those of recover().
  static Result<std::unique_ptr<Log>> open(io::Folder& folder, const LogOptions& options,
                                           const RecoveryOptions& recovery = {},
                                           std::int64_t now_ms = 0);

  // Does not write: call write() first, and sync.
  ~Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const RecoveryReport& recovery() const { return report_; }

  // The wall clock, for the segments that begin from now on: Unix time in milliseconds.
  void set_time(std::int64_t now_ms) { now_ms_ = now_ms; }

  // Appends a record whose payload is `parts` one after the other, and returns its position.
  // `type` is 1 to 0xEF. Errors: kDiskFull, kContentTooLarge (record_bytes_max), and what
  // failed() says. After an error nothing was kept.
  Result<Position> append(std::uint8_t type, std::span<const ByteView> parts,
                          Room room = Room::kNormal);

  // Writes what is pending, in one call. kDiskFull (a file system that does not keep its
  // reservations) leaves it pending, to be tried again.
  Result<void> write();

  // Ends the segment that grows, so that it can go once nothing in it is needed. For when there is
  // little room: it gives back what it had reserved, and the new one reserves nothing before
  // append() asks. Writes. kDiskFull: not even for that; it goes on as it was.
  Result<void> roll();

  // For when nothing goes on: writes down that all there is is durable, unless that is written, so
  // that damage at the end of the log is told from a torn tail. It costs no sync: until the next
  // one, a crash may take it away again.
  Result<void> mark_durable();

  // A sync of all that is written; nullopt if that is durable, a sync is under way, or the log
  // has failed.
  std::optional<SyncJob> begin_sync();
  void end_sync(SyncJob&& job, Result<void> result);

  // write() and a sync, here and now. For tests, start and shutdown: it blocks. Not while
  // another sync is under way.
  Result<void> sync_now();

  const std::optional<Error>& failed() const { return failed_; }

  // The next record comes at or after end(). All records before durable() survive a crash:
  // the record at p is durable when p < durable().
  Position end() const { return end_; }
  Position durable() const { return durable_; }
  std::size_t pending_bytes() const { return pending_.size(); }

  // The record at `position`, written or not. The payload is in `scratch`, or valid until the
  // log's next call. Errors: kNotFound (no such record, or its segment was removed),
  // kCorruptData, kIo. For many nearby ones: LogReader.
  Result<Record> read(Position position, Buffer& scratch) const;

  // Calls `visitor` for every record at or after `from`, which is 0, a record's position or the
  // end of one. Errors: the visitor's, and those of read().
  Result<void> scan(Position from, const RecordVisitor& visitor) const;

  // By base, without gaps only while none was removed. The last may be the one that grows.
  // Valid until the next append() or remove_segment().
  std::span<const Segment> segments() const { return segments_; }
  std::uint64_t disk_bytes() const;

  // Removes a segment that is sealed and wholly durable, at any place; kPreconditionFailed
  // otherwise, kNotFound if there is none. The removal is durable when the next sync ends. A
  // second one before that syncs the folder first, here: removals survive in their order.
  Result<void> remove_segment(Position base);

 private:
  friend class LogReader;

  Log(io::Folder& folder, const LogOptions& options)
      : folder_(folder), options_(options), files_(folder) {}

  bool has_current() const { return current_ != nullptr; }
  Segment& current() { return segments_.back(); }
  Position written() const { return end_ - pending_.size(); }
  Result<void> adopt(Recovered recovered);
  void open_batch();
  Result<void> make_room(std::uint64_t record_bytes, Room room);
  Result<void> extend_or_roll(std::uint64_t record_bytes);
  // Makes the file `wanted` bytes long, or at least `needed`; returns how long.
  Result<std::uint64_t> reserve(io::File& file, std::uint64_t present, std::uint64_t needed,
                                std::uint64_t wanted);
  // With room for so much behind the header, which what it ends with is in.
  Result<void> start_segment(std::uint64_t room_bytes);
  Result<void> prepare_segment(io::File& file, Segment& segment, std::uint64_t room_bytes);
  std::uint64_t room_for(std::uint64_t record_bytes) const;
  Result<void> seal_current();
  const Segment* find_segment(Position position) const;
  Position end_of(const Segment& segment) const;
  std::optional<Record> pending_record(Position position) const;  // at or after written()
  static std::unexpected<Error> no_record(Position position);
  std::unexpected<Error> damaged_record(const Segment& segment, Position position) const;

  io::Folder& folder_;
  LogOptions options_;
  mutable SegmentFiles files_;
  RecoveryReport report_;
  std::vector<Segment> segments_;
  std::shared_ptr<io::File> current_;  // of segments_.back(), while that is not sealed
  Buffer pending_;                     // from written() to end_; begins with a batch record
  Position end_ = 0;
  Position room_end_ = 0;  // of the reserved room of the current segment
  Position durable_ = 0;
  Position marked_ = 0;     // durable_ as the log itself last told it
  Position next_base_ = 0;  // of the next segment, while there is no current one
  std::uint32_t salt_ = 0;
  std::int64_t now_ms_ = 0;
  bool disk_was_full_ = false;                       // when room was asked for last
  std::vector<std::shared_ptr<io::File>> unsynced_;  // sealed ones
  bool syncing_ = false;
  std::uint64_t folder_changes_ = 0;
  std::uint64_t folder_changes_synced_ = 0;
  std::uint64_t last_removal_ = 0;  // which of the changes
  std::optional<Error> failed_;
};

}  // namespace bb::log
