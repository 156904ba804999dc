// Read-ahead over one file at a time: a stretch of it in memory.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "io/file_system.h"

namespace bb::log {

// Not thread-safe.
class ReadWindow {
 public:
  explicit ReadWindow(std::size_t window_bytes) : window_bytes_(window_bytes) {}

  // At least `bytes_min` bytes of `file` from `offset`, none at or after `limit`; shorter only
  // where the file or the limit ends. `key` names the file: bytes read under it before are
  // served again, so they must not have changed below the limits given then. Valid until the
  // next call. Errors: those of File::read_at().
  Result<ByteView> fetch(const io::File& file, std::uint64_t key, std::uint64_t offset,
                         std::uint64_t bytes_min, std::uint64_t limit) {
    if (key == key_ && offset >= begin_ && offset - begin_ < content_.size()) {
      const ByteView rest = content_.view().subspan(offset - begin_);
      if (rest.size() >= bytes_min) return rest;
    }
    return fill(file, key, offset, bytes_min, limit);
  }

  // The bytes that are there of `key` from `offset`; empty where there are none.
  ByteView held(std::uint64_t key, std::uint64_t offset) const {
    if (key != key_ || offset < begin_ || offset - begin_ >= content_.size()) return {};
    return content_.view().subspan(offset - begin_);
  }

  // Where what it holds begins and ends, counted from `key`.
  std::uint64_t begin_behind_key() const { return key_ + begin_; }
  std::uint64_t end_behind_key() const { return key_ + begin_ + content_.size(); }

  // Forgets what it holds.
  void clear() { content_.clear(); }
  // As clear(), and gives the memory back.
  void release() { content_.reset(); }

 private:
  Result<ByteView> fill(const io::File& file, std::uint64_t key, std::uint64_t offset,
                        std::uint64_t bytes_min, std::uint64_t limit);

  std::size_t window_bytes_;
  Buffer content_;
  std::uint64_t key_ = 0;
  std::uint64_t begin_ = 0;  // offset of the content in the file
};

}  // namespace bb::log
