// Segment files opened for reading, the last few of them kept open.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "io/file_system.h"
#include "log/log_format.h"

namespace bb::log {

// Not thread-safe. The folder outlives it.
class SegmentFiles {
 public:
  explicit SegmentFiles(io::Folder& folder) : folder_(folder) {}

  // Errors: those of Folder::open_file().
  Result<std::shared_ptr<const io::File>> open(Position base) {
    for (const Entry& entry : entries_) {
      if (entry.file && entry.base == base) return entry.file;
    }
    auto file = folder_.open_file(segment_name(base), io::OpenMode::kRead);
    if (!file) return fail(std::move(file).error());
    entries_[oldest_] = {base, *std::move(file)};
    const auto& opened = entries_[oldest_].file;
    oldest_ = (oldest_ + 1) % entries_.size();
    return opened;
  }

  void forget(Position base) {
    for (Entry& entry : entries_) {
      if (entry.base == base) entry.file.reset();
    }
  }

 private:
  struct Entry {
    Position base = 0;
    std::shared_ptr<const io::File> file;
  };

  io::Folder& folder_;
  std::array<Entry, 16> entries_;
  std::size_t oldest_ = 0;
};

}  // namespace bb::log
