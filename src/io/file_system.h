// Files in one folder, as an interface: the log writes through it, so that a test can
// put a disk underneath that crashes, fills up and fails (simulated_disk.h).
//
// Errors: kDiskFull when there is no room (or no quota) left, kNotFound for a name that is
// not there, kIo for the rest. Messages name the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "bloodbank/result.h"

namespace bb::io {

// An open file; closed when destroyed, without a sync. sync() may run on any thread, also
// while another one reads and writes; what is written meanwhile may or may not be covered.
// The other calls: one thread at a time.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  // Writes `parts` one after the other at `offset`, extending the file where needed. After an
  // error any part of them may be in the file. Durable after the next sync() that succeeds.
  virtual Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) = 0;
  Result<void> write_at(std::uint64_t offset, ByteView bytes) {
    return write_at(offset, std::span(&bytes, 1));
  }

  // Fills `out` from `offset`, and returns how much: less only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const = 0;

  // Waits until what was written before the call, and the file's size, survive a power
  // failure (fdatasync). Never to be retried: after a failure the kernel may have dropped what
  // it could not write, and the next "success" would be a lie.
  virtual Result<void> sync() = 0;

  virtual Result<std::uint64_t> size() const = 0;

  // Makes the file `size` bytes long; bytes that are new are zeros, without room on the disk.
  virtual Result<void> truncate(std::uint64_t size) = 0;

  // Makes the file at least `size` bytes long, new ones zeros, with room on the disk for all
  // of them: a write inside does not meet a full disk. kDiskFull leaves the size as it was.
  virtual Result<void> allocate(std::uint64_t size) = 0;

  // An advisory, exclusive lock on the file, between Files: it is held against every other one
  // that was opened apart, in this process or another, until this one is destroyed or its
  // process ends, in whatever way. Not for a file that was opened with kRead. lock() waits for
  // as long as another has it; try_lock() does not, and says whether it has it now. Whoever
  // has it may ask again.
  virtual Result<void> lock() = 0;
  virtual Result<bool> try_lock() = 0;
  virtual Result<bool> is_locked_by_other() const = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,    // an existing file, for reading
  kWrite,   // an existing file, for reading and writing
  kCreate,  // for reading and writing; made, empty, if there is none
};

// A flat folder. Names are file names without a slash. Which names there are survives a power
// failure after the next sync() of the folder alone, whatever was synced of the files.
// sync() may run on any thread; the other calls: one thread at a time.
class Folder {
 public:
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  virtual ~Folder() = default;

  // The file stays usable after the folder is gone, and after its name was removed.
  virtual Result<std::shared_ptr<File>> open_file(std::string_view name, OpenMode mode) = 0;

  // The names of the regular files, sorted by their bytes.
  virtual Result<std::vector<std::string>> list() const = 0;

  // Replaces `to` if it is there: after a crash one of the two is there, whole.
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> remove(std::string_view name) = 0;
  virtual Result<void> sync() = 0;

  // What may still be written to the disk that holds the folder.
  virtual Result<std::uint64_t> free_bytes() const = 0;

  // What a message calls the file `name`.
  virtual std::string path_of(std::string_view name) const = 0;
};

}  // namespace bb::io
