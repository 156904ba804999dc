// Several readers of a log, for several places that are read in turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "log/log_reader.h"

namespace bb::log {

// Each place that is gone through keeps a window of its own, as long as there are not more of them
// than windows; else the one that was used least recently gives way. On the log's thread; the log
// outlives it.
class ReaderPool {
 public:
  explicit ReaderPool(const Log& log)
      : readers_{LogReader(log), LogReader(log), LogReader(log), LogReader(log),
                 LogReader(log), LogReader(log), LogReader(log), LogReader(log)} {}

  // As LogReader's.
  Result<Record> read(Position position) {
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (readers_[i].is_near(position, kNearBytes)) {
        chosen = i;
        break;
      }
      if (used_[i] < used_[chosen]) chosen = i;
    }
    used_[chosen] = ++reads_;
    return readers_[chosen].read(position);
  }

  // Gives the memory of all windows back unless something was read since the last call.
  void release_idle() {
    if (reads_ == reads_seen_) {
      for (LogReader& reader : readers_) reader.release();
    }
    reads_seen_ = reads_;
  }

 private:
  // So far behind its window a reader goes on with what comes next.
  static constexpr std::uint64_t kNearBytes = 64 << 10;

  std::array<LogReader, 8> readers_;
  std::array<std::uint64_t, 8> used_{};  // which of the reads was its last one
  std::uint64_t reads_ = 0;
  std::uint64_t reads_seen_ = 0;
};

}  // namespace bb::log
