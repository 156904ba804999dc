// Walks the records of one segment file of the spool.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "client/spool_format.h"
#include "io/file_system.h"

namespace bb::client::spool {

struct Record {
  std::uint64_t offset;       // in the file
  std::uint64_t end;          // behind it
  std::uint64_t batch_begin;  // where the first record of the same append is
  std::uint64_t sequence;
  RecordType type;
  bool ends_batch;
  bool removed;
  ByteView payload;  // valid until the scanner's next call
};

// Reads ahead. Errors of all calls: those of File::read_at(). Not thread-safe.
class RecordScanner {
 public:
  // Reads `file` from `begin`, where a record begins, up to `end`; `base` and `salt` are
  // those of its header.
  RecordScanner(std::shared_ptr<const io::File> file, std::uint64_t base, std::uint32_t salt,
                std::uint64_t begin, std::uint64_t end)
      : file_(std::move(file)), base_(base), salt_(salt), offset_(begin), end_(end) {}

  // Steps over the record at offset() and returns it; nullopt at the end, and where none checks.
  Result<std::optional<Record>> next();

  // The record at `offset`, if one checks there. Does not move offset().
  Result<std::optional<Record>> record_at(std::uint64_t offset);

  // The first record behind `offset` that checks. Does not move offset().
  Result<std::optional<Record>> find_behind(std::uint64_t offset);

  std::uint32_t salt() const { return salt_; }
  std::uint64_t offset() const { return offset_; }
  void set_offset(std::uint64_t offset) { offset_ = offset; }
  std::uint64_t end() const { return end_; }
  void set_end(std::uint64_t end) { end_ = end; }
  bool at_end() const { return offset_ >= end_; }

 private:
  // At least `bytes_min` bytes from `offset`, fewer only where end_ comes first.
  Result<ByteView> fetch(std::uint64_t offset, std::uint64_t bytes_min);

  std::shared_ptr<const io::File> file_;
  std::uint64_t base_;
  std::uint32_t salt_;
  std::uint64_t offset_;
  std::uint64_t end_;
  Buffer window_;
  std::uint64_t window_begin_ = 0;
};

}  // namespace bb::client::spool
