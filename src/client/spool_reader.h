// Reads a queue of the spool from its oldest record on, segment after segment, while others
// append to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "client/spool_queue.h"
#include "client/spool_scanner.h"

namespace bb::client::spool {

// A segment that is being read.
struct OpenSegment {
  std::uint64_t base;
  std::shared_ptr<io::File> file;
  RecordScanner scanner;
};

// Not thread-safe.
class QueueReader {
 public:
  // `queue` outlives it. Segments whose records all come before the sequence number `from` are
  // left out. `mode`: how segments are opened.
  explicit QueueReader(SharedQueue& queue, io::OpenMode mode = io::OpenMode::kRead,
                       std::uint64_t from = 0)
      : queue_(queue), mode_(mode), from_(from) {}

  // The next record, removed ones and gaps included; valid until the next call. nullopt: none for
  // now; a later call finds what was appended since. kCorruptData: damaged, at every call until
  // skip_damage().
  Result<std::optional<Record>> next();

  // next() returns that record, the one it returned last, once more.
  void put_back(const Record& record) { segment_->scanner.set_offset(record.offset); }

  // next() told of damage; a kCorruptData without it says that a whole file or its end is gone.
  bool is_damaged() const { return damage_.has_value(); }
  // Goes on behind that damage; what is on the disk stays as it is.
  Result<void> skip_damage();

  // That segment was removed.
  void forget_segment(std::uint64_t base) {
    if (base == base_) segment_.reset();
  }

  // The segment of what next() returned or told of last; null if its header is damaged, or it was
  // removed.
  const std::shared_ptr<OpenSegment>& segment() const { return segment_; }
  // Of the segment that was opened last; 0 before the first.
  std::uint64_t base() const { return base_; }
  // What messages call it.
  std::string path() const { return queue_.folder().path_of(queue_.segment_file_name(base_)); }

 private:
  // Moves to a segment with something to read; false: there is none.
  Result<bool> advance();
  Result<void> open(const SharedQueue::Extent& extent);
  std::unexpected<Error> tell_damage(Error damage);

  SharedQueue& queue_;
  io::OpenMode mode_;
  std::uint64_t from_;
  std::uint64_t base_ = 0;
  std::shared_ptr<OpenSegment> segment_;
  std::optional<Error> damage_;
};

}  // namespace bb::client::spool
