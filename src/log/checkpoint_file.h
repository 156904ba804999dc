// Checkpoints: whole files beside the segments of a log, each written at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "io/file_system.h"

namespace bb::log {

struct Checkpoint {
  std::uint64_t number = 0;
  Buffer file;
  ByteView payload() const;
};

// Blocks; on any thread. Numbers rise. After a crash it is there, whole, or not at all; those
// before the last two go.
Result<void> write_checkpoint(io::Folder& folder, std::uint64_t number, ByteView payload);

// The newest that checks; nullopt if there is none. Errors: kIo, kCorruptData if there are some,
// and none checks.
Result<std::optional<Checkpoint>> read_newest_checkpoint(io::Folder& folder);

}  // namespace bb::log
