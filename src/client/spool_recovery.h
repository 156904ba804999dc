// What there is of a queue of the spool, when what its state file says cannot be relied on:
// after a process was killed in the middle of something, or after a power failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/spool_format.h"
#include "io/file_system.h"

namespace bb::client::spool {

enum class LossMode : std::uint8_t {
  kRefuse,  // what was on the disk for certain and is gone is kCorruptData
  kAccept,  // goes on with what is left
};

// The bases of the queue's segments, rising.
Result<std::vector<std::uint64_t>> segment_bases(const io::Folder& folder, std::string_view queue);

// Cuts the last segment off behind the last append that is there as a whole, makes the rest
// durable, and returns the state; the caller has the queue's lock and writes it down. `known` is
// what the state file said, or State{}.
//
// A record that does not check is torn, and cut off, if nothing proves that it was on the disk
// once. What proves it: `known`, or a later append, which came when all before it was durable. Then
// it is damaged; it stays for readers to tell of, and does not keep anything from being appended.
//
// Errors: those of the folder and its files; kCorruptData: see LossMode; kFailure: another
// version wrote the segment. An error leaves a state that recovers again.
Result<State> recover(io::Folder& folder, std::string_view queue, const State& known,
                      LossMode losses);

// "PATH: damaged at byte N; ..." as kCorruptData, with what to do.
Error damage_error(std::string_view path, std::uint64_t offset);
// The header of a segment file; kCorruptData if it does not check, kFailure if another version
// wrote it.
Result<SegmentHeader> read_header(const io::File& file, std::uint64_t base, std::string_view path);

}  // namespace bb::client::spool
