// The storage on disk: one log for all queues.
//
// A message is a record; so is what queues are done with, and every change of a definition. A
// checkpoint says now and then what is there in all, so that a restart reads one checkpoint and the
// log behind it, and segments that hold nothing needed can go.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/holder_list.h"
#include "broker/live_counts.h"
#include "broker/storage.h"
#include "broker/stored_records.h"
#include "broker/stored_state.h"
#include "io/file_system.h"
#include "log/log.h"
#include "log/reader_pool.h"

namespace bb::broker {

struct LogStorageOptions {
  log::LogOptions log;
  log::RepairMode repair = log::RepairMode::kRefuse;
  // A checkpoint is due when the log has grown by so much, and by so many times what the last one
  // took: what there is to say of large streams must not be most of what is written.
  std::uint64_t checkpoint_bytes = 64ull << 20;
  std::uint64_t checkpoint_part = 8;
  // The same, for each message that the last one told of: going through many millions of them takes
  // seconds, which must not be most of what is done.
  std::uint64_t checkpoint_bytes_each = 100;
  // What a checkpoint copies at most out of segments that hold little.
  std::uint64_t moved_bytes_max = 8ull << 20;
  // Of records that found no room on the disk and wait in memory. What would be more waits for a
  // checkpoint, which says it all at once; messages are refused until then.
  std::uint64_t unwritten_bytes_max = 16ull << 20;
  // A segment is worth emptying when less than one part in so many of it is needed.
  std::uint64_t emptying_part = 4;
  // On a disk that is nearly full, the segment that grows is ended for so much that nobody needs.
  std::uint64_t dead_bytes_min = 1 << 20;
  // So much is written at once, also while a sync is under way.
  std::uint64_t write_bytes = 128 << 10;
};

// When what was asked of the storage has to be written.
enum class FlushDue : std::uint8_t {
  kSoon,           // nobody is told of it before it is durable: it may wait for a sync to end
  kBeforeAnswers,  // what leaves next may count on it; or it is much
};

// Not thread-safe; nothing here blocks but load(), open() and close(). Its user drives it:
//
//   set_wake(f)   f is called when something is to be written, and again if it becomes due earlier
//   flush()       writes; then, if wants_sync(), begin_sync(), SyncJob::run() on another thread,
//                 end_sync(), Broker::on_durable()
//   tick()        about once a second, as flush(): syncs what nobody waits for
//   wants_checkpoint(), begin_checkpoint(), run on another thread, end_checkpoint()
class LogStorage final : public Storage {
 public:
  struct Opened {
    std::unique_ptr<LogStorage> storage;
    StoredState state;
  };
  // `folder` outlives it. Errors: those of log::Log::open(); kCorruptData for a record that is not
  // understood.
  static Result<Opened> open(io::Folder& folder, const LogStorageOptions& options,
                             std::int64_t now_ms);
  ~LogStorage() override;

  // Storage.
  Result<Position> append(const Message& message, std::span<const QueueId> queues) override;
  bool keeps_bodies() const override { return true; }
  Result<Message::Ptr> load(Position position, MemoryGauge& gauge) override;
  void acknowledge(QueueId queue, Position position) override;
  void requeued(QueueId queue, Position position, std::uint32_t delivery_count) override;
  void delivered(QueueId queue, Position position) override;
  void truncated(QueueId stream, StreamOffset first_offset) override;
  void forget_queue(QueueId queue) override;
  void discard(Position position) override;
  void put_definition(DefinitionKind kind, std::string_view key, std::string_view value) override;
  void erase_definition(DefinitionKind kind, std::string_view key) override;
  Position appended() const override { return log_->end() - 1; }
  Result<Position> write_settled() override;
  Position durable() const override { return log_->durable() == 0 ? 0 : log_->durable() - 1; }

  void set_wake(std::function<void(FlushDue)> wake) { wake_ = std::move(wake); }
  // There is something to write.
  bool wants_flush() const { return woken_.has_value(); }
  // The flush that was asked for comes later; what is asked for from now on wakes again.
  void postpone() { woken_.reset(); }
  // The wall clock; about once a second. Memory that reading took and nobody uses goes back.
  void set_time(std::int64_t now_ms);
  // The disk is nearly full: what nothing needs any more goes without waiting for the log to grow.
  void set_disk_low(bool low) { disk_low_ = low; }

  // Writes all that is pending. An error is one of the log; see failed().
  Result<void> flush();
  // Somebody waits for what is not durable yet.
  bool wants_sync() const { return urgent_end_ > log_->durable(); }
  // While nothing goes on: see log::Log.
  Result<void> mark_durable() { return log_->mark_durable(); }
  // Appended and not durable.
  std::uint64_t unsynced_bytes() const { return log_->end() - log_->durable(); }
  // Also if nobody waits. nullopt: nothing to sync, or one is under way.
  std::optional<log::SyncJob> begin_sync() { return log_->begin_sync(); }
  void end_sync(log::SyncJob&& job, Result<void> result);

  // One is due, and none under way.
  bool wants_checkpoint() const;
  class CheckpointJob {
   public:
    // On any thread, once may_run() has said so. Blocks.
    Result<void> run();

   private:
    friend class LogStorage;
    io::Folder* folder_ = nullptr;
    std::uint64_t number_ = 0;
    Position position_ = 0;
    Buffer bytes_;
  };
  // What is there now. Flushes; what the checkpoint counts on has to be durable before it is.
  Result<CheckpointJob> begin_checkpoint(const HolderList& holders);
  bool may_run(const CheckpointJob& job) const { return log_->durable() >= job.position_; }
  // There are segments that can go, one after each sync.
  bool wants_release() const { return !removable_.empty(); }
  void end_checkpoint(CheckpointJob&& job, Result<void> result);

  // Blocks: writes, syncs, and leaves a checkpoint, so that the next start is quick.
  Result<void> close(const HolderList& holders);

  const std::optional<Error>& failed() const { return log_->failed(); }
  const log::RecoveryReport& recovery() const { return log_->recovery(); }
  std::uint64_t disk_bytes() const { return log_->disk_bytes(); }
  // In memory, of records that found no room on the disk.
  std::uint64_t unwritten_bytes() const { return unwritten_bytes_; }
  std::size_t segment_count() const { return log_->segments().size(); }

 private:
  struct Moved {
    Position at = 0;
    std::uint64_t references = 0;
  };
  struct Replay;
  using DefinitionKey = std::pair<DefinitionKind, std::string>;

  LogStorage(io::Folder& folder, const LogStorageOptions& options);
  Result<Position> append_record(RecordType type, std::span<const ByteView> parts, log::Room room);
  void append_settling(RecordType type, ByteView payload);
  void append_groups();
  void give_up_unwritten();
  bool has_room_again() const;
  bool could_reclaim() const;
  void end_dead_segment();
  // Something that came before is neither in the log nor in a checkpoint.
  bool is_behind() const { return !unwritten_.empty() || given_up_ || given_up_covered_; }
  void note_segments();
  bool holds(Position position) const;
  Position location_of(Position position) const;
  void drop_reference(Position position);
  void release_segment();
  void wake(FlushDue due);
  void empty_segments(const HolderList& holders);
  Result<void> move_message(Position position, const std::vector<QueueId>& queues);
  StoredState adopt(Replay& replay);
  void adopt_stream(StreamLog& log, const Replay& replay);
  // Counts a place in a queue or stream; false for one that a repair gave up.
  bool adopt_reference(Position position, const Replay& replay);

  io::Folder& folder_;
  const LogStorageOptions options_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<log::ReaderPool> readers_;
  std::function<void(FlushDue)> wake_;
  std::optional<FlushDue> woken_;  // what wake_ was told

  LiveCounts live_;
  std::unordered_map<Position, Moved> moved_;  // by the position that names the message
  std::map<DefinitionKey, std::string> definitions_;
  QueueId queue_id_max_ = 0;

  PositionGroups settled_;
  PositionGroups delivered_;
  std::deque<std::pair<RecordType, std::string>> unwritten_;  // what found no room
  std::uint64_t unwritten_bytes_ = 0;
  std::size_t unwritten_covered_ = 0;  // of these, what the checkpoint under way says already
  bool given_up_ = false;              // there was more of it, which no checkpoint says yet
  bool given_up_covered_ = false;      // the one under way does
  Position urgent_end_ = 0;            // somebody waits for all before this

  std::uint64_t checkpoint_number_ = 0;
  Position checkpoint_position_ = 0;  // of the last one that is durable
  Position checkpoint_begun_ = 0;
  std::uint64_t checkpoint_size_ = 0;      // bytes of the last one that was begun
  std::uint64_t checkpoint_messages_ = 0;  // and what it tells of
  bool checkpoint_running_ = false;
  bool repaired_ = false;  // and no checkpoint since: another start would find the damage again
  std::vector<Position> removable_;  // bases of segments

  std::int64_t now_ms_ = 0;
  bool disk_low_ = false;
  bool disk_full_ = false;       // a message found no room, and none has since
  bool disk_full_told_ = false;  // in the program's log
  bool dropped_ = false;         // something is needed less than when the last checkpoint was begun
  std::int64_t checkpoint_begun_ms_ = 0;
  bool reclaim_failed_ = false;  // the last one could not be written

  Buffer head_;  // kept for its memory
  StoredMessage stored_;
};

}  // namespace bb::broker
