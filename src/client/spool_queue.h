// A queue of records in segment files that several processes share; the spool has two, the
// events that wait and those that were refused.
//
// Each call takes the queue's lock, a lock on its state file, and gives it up again, also by
// the death of the process; a call waits for as long as another process is in one. Whoever takes
// the lock finds the queue as whole appends made it: what a process left behind in the middle of
// one is cut off.
//
// Errors of all calls: those of the folder and its files, and those of recover().
// Threads: not thread-safe. Any number of objects and processes may have the same queue.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/spool_format.h"
#include "client/spool_recovery.h"
#include "io/file_system.h"

namespace bb::client::spool {

class SharedQueue {
 public:
  struct Options {
    std::string name;                 // begins the names of its files
    std::uint64_t bytes_max;          // of all its segments
    std::uint64_t segment_bytes_max;  // the next segment begins above this
  };

  // What one append() may take, all payloads together.
  static constexpr std::uint64_t kAppendBytesMax = 1 << 30;

  // `folder` outlives it.
  SharedQueue(io::Folder& folder, Options options)
      : folder_(folder), options_(std::move(options)) {}

  // Appends records with these payloads, at least one. They are on the disk, all of them, when it
  // returns the sequence number of the first; the others have the next ones. After an error none of
  // them is there, unless the disk failed in undoing it too. kDiskFull; kResourceError above
  // bytes_max; kContentTooLarge above kAppendBytesMax.
  Result<std::uint64_t> append(std::span<const ByteView> payloads);

  // A segment and where what was appended to it ends: with the file, but for the tail.
  struct Extent {
    std::uint64_t base;
    std::optional<std::uint64_t> end;
  };
  // As of now, oldest first. Bytes before an end never change but for marks and repairs.
  Result<std::vector<Extent>> segments();

  // Removes a segment, opened as `file`, all of whose records up to `end` are marked as removed;
  // syncs the marks first. False if there is more behind `end`: it stays.
  Result<bool> remove_segment(std::uint64_t base, std::uint64_t end, io::File& file);

  // Removes all segments, without a look at them; durable on return.
  Result<void> remove_all();

  // Makes the next calls go on with what is left, where they would tell of a loss; counts anew
  // what the segments take. Returns how many bytes of records were lost.
  Result<std::uint64_t> accept_losses();

  // What the segments take.
  Result<std::uint64_t> bytes();

  io::Folder& folder() { return folder_; }
  std::string segment_file_name(std::uint64_t base) const {
    return segment_name(options_.name, base);
  }
  const std::string& name() const { return options_.name; }
  std::uint64_t bytes_max() const { return options_.bytes_max; }

 private:
  // The lock, for as long as it lives, and what is known under it.
  struct Access {
    std::shared_ptr<io::File> state_file;
    State state;
    std::shared_ptr<io::File> tail;  // null: there is none to append to
    std::uint32_t tail_salt = 0;
    std::uint64_t lost_bytes = 0;  // that recover() went on without
  };

  Result<Access> lock(LossMode losses = LossMode::kRefuse);
  // Whether the tail is as the state says.
  Result<bool> open_tail(Access& access);
  // Whether what the state says is on the disk is not there.
  Result<bool> has_loss(const State& known);
  Result<void> begin_tail(Access& access);
  Result<void> write_batch(Access& access, std::span<const ByteView> payloads);
  void undo_append(Access& access, const State& before);
  Result<void> check_room(Access& access, std::uint64_t bytes);
  Result<void> recount(Access& access);
  static Result<void> write_state(Access& access);
  // To be called before which segment is the tail changes.
  static Result<void> unsettle(Access& access);

  io::Folder& folder_;
  Options options_;
};

}  // namespace bb::client::spool
