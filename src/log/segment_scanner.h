// Walks the records of one segment file while nothing is known about its content yet.
#pragma once

#include <cstdint>
#include <optional>

#include "io/file_system.h"
#include "log/read_window.h"
#include "log/record.h"

namespace bb::log {

// What lies behind a record that does not check.
struct Aftermath {
  bool durable = false;  // a mark says that the record was on disk: it did not tear, it decayed
  bool written = false;  // there is something other than zeros
  std::optional<std::uint64_t> next;  // offset of the first batch or seal record that checks
};

// Borrows the file. Errors of all calls: those of File::read_at(). Not thread-safe.
class SegmentScanner {
 public:
  // `file_bytes` is the size of the file.
  SegmentScanner(const io::File& file, Position base, std::uint32_t salt, std::uint64_t file_bytes);

  // Steps over the record at offset() and returns it, valid until the next call; nullopt where
  // none checks: the end, or damage.
  Result<std::optional<Record>> next();

  std::uint64_t offset() const { return offset_; }
  void set_offset(std::uint64_t offset) { offset_ = offset; }
  Position position() const { return base_ + offset_; }

  // Looks at everything from offset `from` on, until a mark says that the record at `damaged`
  // was durable. Does not move offset().
  Result<Aftermath> look_behind(std::uint64_t from, Position damaged);

  // Where the record behind the damaged one at offset() begins, by the damaged one's own
  // length; nullopt if nothing checks there.
  Result<std::optional<std::uint64_t>> behind_damaged();

 private:
  Result<std::optional<Record>> record_at(std::uint64_t offset);

  const io::File& file_;
  Position base_;
  std::uint32_t salt_;
  std::uint64_t file_bytes_;
  std::uint64_t offset_ = kSegmentHeaderBytes;
  ReadWindow window_;
};

// The durable position that a batch or seal record carries.
inline Position durable_mark(const Record& record) {
  return load_big_endian<std::uint64_t>(record.payload.data());
}
inline bool is_mark(const Record& record) {
  return (record.type == kBatchType || record.type == kSealType) &&
         record.payload.size() == kMarkPayloadBytes;
}

}  // namespace bb::log
