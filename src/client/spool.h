// Events that no broker took, kept on disk until one does: `bb publish` puts them here when no
// broker answers, and whoever reaches one again drains them, in order.
//
// A spool is a folder that any number of processes use at once, each with a Spool of its own; the
// files are described in docs/formats/spool.md. A process may be killed at any point: the others
// go on, and find what it had finished.
//
// Order: entries drain in the order in which they were appended. A publisher that wants its events
// in order drains first or, where another process drains, appends; it publishes past the spool only
// when that is empty.
//
// Once and more: an entry leaves only by SpoolDrain::done(). When a process is killed between the
// broker's confirm and that, the entry is sent again, with the same message_id.
//
// Errors of all calls: kIo, kDiskFull, kNotFound of the disk; kCorruptData: what was on the disk
// for certain is damaged or gone; kFailure: another version's files. Messages are one line and say
// what to do. Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "client/message.h"
#include "client/spool_drain.h"
#include "client/spool_entry.h"
#include "io/file_system.h"

namespace bb::client {

struct SpoolOptions {
  // On the disk, for what waits; as much again for what was refused.
  std::uint64_t bytes_max = 256ULL << 20;
  // Of one file: space comes back in these portions. Less where that is more than a quarter of
  // bytes_max.
  std::uint64_t segment_bytes_max = 8ULL << 20;
};

struct SpoolStatus {
  std::uint64_t entries = 0;  // that wait
  std::uint64_t bytes = 0;    // on the disk, entries that are done with included
  std::uint64_t bytes_max = 0;
  std::optional<Timestamp> oldest;  // when the entry was spooled; none if none waits
  std::optional<Timestamp> newest;
  bool draining = false;  // by some process
  std::uint64_t refused_entries = 0;
  std::uint64_t refused_bytes = 0;
  std::optional<Error> damage;  // the first, in either area; the entries behind it are counted
};

class Spool {
 public:
  // Opens the spool in the folder `path`, and makes the folder (0700, files 0600) if its parent is
  // there.
  static Result<Spool> open(const std::string& path, const SpoolOptions& options);

  Spool(std::shared_ptr<io::Folder> folder, const SpoolOptions& options);

  // Whether nothing waits in the spool in the folder `path`, which need not be there. One small
  // file is read, no lock is taken, and nothing is made. False if that file cannot tell: then
  // draining finds out.
  static bool is_empty(const std::string& path);

  // Appends the messages, at least one, and returns the number of the first; the others have the
  // next ones. All of them are on the disk when it returns; after an error, none, and the spool is
  // as it was. kDiskFull; kResourceError above bytes_max; kContentTooLarge above 1 GiB at once.
  Result<std::uint64_t> append(std::span<const OutgoingMessage> messages, Timestamp now);
  Result<std::uint64_t> append(const OutgoingMessage& message, Timestamp now) {
    return append(std::span(&message, 1), now);
  }

  // The right to take entries out; nullopt when another process, or drain, has it. From kRefused it
  // sends them once more.
  Result<std::optional<SpoolDrain>> try_begin_drain(SpoolArea area = SpoolArea::kWaiting);

  // Shows the entries from that number on, in order, to `visitor`, until it returns false. One at a
  // time is in memory. Takes nothing out, and also works while a process drains. kCorruptData: the
  // first damage; what can be read in front of it and behind has been shown.
  Result<void> visit(SpoolArea area, std::uint64_t from,
                     const std::function<bool(const SpoolEntry&)>& visitor);

  // Reads all of the spool.
  Result<SpoolStatus> status();

  // Removes entries for good; durable on return. kNotFound: no such entry; kResourceLocked: a
  // process is draining. drop_all() returns how many readable ones there were.
  Result<void> drop(SpoolArea area, std::uint64_t number);
  Result<std::uint64_t> drop_all(SpoolArea area);

  struct Damage {
    std::uint64_t places = 0;
    std::uint64_t bytes = 0;
  };
  // Gives up what is damaged, in both areas, and keeps all that can be read; durable on return.
  // Returns what it gave up, with what had gone by itself: files that are gone or cut off.
  // kResourceLocked: a process is draining.
  Result<Damage> drop_damaged();

 private:
  // Locked, for as long as the file lives; null when another has it.
  Result<std::shared_ptr<io::File>> try_lock_drain();
  Result<std::shared_ptr<io::File>> lock_drain();

  std::shared_ptr<SpoolFiles> files_;
};

}  // namespace bb::client
