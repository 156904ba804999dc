// Reads records of a log, nearby ones cheaply: it keeps a window of the file, so that going
// through positions in rising order costs one read of the file per window, and no copy per
// record.
#pragma once

#include <optional>

#include "log/log.h"
#include "log/read_window.h"

namespace bb::log {

// On the log's thread; the log outlives it. Memory: the window, or its largest record until
// the window is filled again; nothing before the first read. Payloads are valid until the
// reader's or the log's next call.
class LogReader {
 public:
  explicit LogReader(const Log& log, std::size_t window_bytes = 256 << 10)
      : log_(log), window_(window_bytes) {}

  // As Log::read().
  Result<Record> read(Position position);

  // The first record at or after `from`, which is 0, a record's position or the end of one;
  // nullopt where there is none yet. Goes on behind segments that were removed. Errors:
  // kCorruptData, kIo.
  Result<std::optional<Record>> next(Position from);

  // Whether the position is in the window, or at most so far behind it.
  bool is_near(Position position, std::uint64_t distance_bytes) const {
    return position >= window_.begin_behind_key() &&
           position < window_.end_behind_key() + distance_bytes;
  }

  // Gives the window's memory back.
  void release() { window_.release(); }

 private:
  Result<Record> record_at(const Segment& segment, Position position);

  const Log& log_;
  ReadWindow window_;
};

}  // namespace bb::log
