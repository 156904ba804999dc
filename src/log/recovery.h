// Makes a log whole after whatever ended the process that wrote it: what its segment files
// hold is checked, a torn tail trimmed, and damage refused or repaired.
//
// A torn tail is what a crash leaves of writes that were never synced. It is told from damage
// by the marks: every batch says how far the log was durable when it was written. A record
// that does not check, but lies before a mark found behind it, was on disk once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "log/record.h"

namespace bb::log {

enum class RepairMode : std::uint8_t {
  kRefuse,  // damage is an error (kCorruptData) and changes nothing
  kRepair,  // damaged stretches are given up, what comes after them is kept
};

struct RecoveryOptions {
  RepairMode repair = RepairMode::kRefuse;
  // Complete segments that end at or before this are not read, their ends excepted.
  Position check_from = 0;
  // Segments were removed only where they end at or before this. A gap behind it is one that a
  // crash has left, or a file that is missing.
  Position removed_up_to = ~Position{0};
  // All before this was durable, says somebody who asked the log before relying on it. What is
  // damaged there is no torn tail, even where no mark tells.
  Position durable_up_to = 0;
  // Given each record that is kept, from the beginning of the first segment that is read, so
  // that one pass over the disk is enough. What it was given means nothing if open() fails.
  RecordVisitor visitor = {};
};

// What recovery found and did.
struct RecoveryReport {
  struct Stretch {
    std::string file;
    Position begin = 0;
    Position end = 0;
  };
  std::vector<Stretch> trimmed;  // torn tails, never durable
  std::vector<Stretch> skipped;  // damage that a repair gave up
  std::uint64_t bytes_checked = 0;
};

struct Segment {
  Position base = 0;
  std::uint64_t used_bytes = 0;  // of the file, header included
  std::uint64_t file_bytes = 0;  // what it takes on the disk
  bool sealed = false;           // complete: nothing is ever added
  std::int64_t created_ms = 0;   // Unix time; 0 if a repair had to make up the header
  std::uint32_t salt = 0;

  Position end() const { return base + used_bytes; }
};

struct Recovered {
  std::vector<Segment> segments;  // by base; the last one may be open, the others are sealed
  Position next_base = 0;         // of the segment after them
  RecoveryReport report;
};

// On return all that is in `segments` is durable, and nothing else can come back.
// Errors: kIo, kDiskFull (a repair), kCorruptData, kFailure for a version that is unknown, and
// the visitor's.
Result<Recovered> recover(io::Folder& folder, const RecoveryOptions& options);

}  // namespace bb::log
