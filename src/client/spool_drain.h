// Takes entries out of the spool, in order.
//
// next_batch() gives entries, done() forgets those that were confirmed, and close() ends it. What
// was given and is neither done nor set aside stays, in its place, for the next drain.
//
// Durability: what done() was called for is forgotten by this machine at once, also if the process
// is killed. After a power failure at most kUnsyncedMax entries and a batch, those done last, come
// once more; none after a close() that succeeded. An entry that comes again has the same
// message_id.
//
// Threads: not thread-safe. One drain at a time, over all processes; others append meanwhile, and
// next_batch() finds what they appended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "client/spool_entry.h"
#include "client/spool_reader.h"

namespace bb::client {

class SpoolFiles;

class SpoolDrain {
 public:
  static constexpr std::size_t kUnsyncedMax = 1024;

  struct BatchLimits {
    std::size_t entries_max = 256;
    std::size_t bytes_max = 1 << 20;  // as the spool stores them; a larger entry comes alone
  };

  // `lock` is held for as long as the drain lives. Only Spool makes one.
  SpoolDrain(std::shared_ptr<SpoolFiles> files, SpoolArea area, std::shared_ptr<io::File> lock);
  SpoolDrain(SpoolDrain&& other) noexcept = default;
  SpoolDrain& operator=(SpoolDrain&&) = delete;
  // As close(), if that was not called; its error is lost.
  ~SpoolDrain();

  // The next entries, the oldest first, each once for one drain. Empty: there are no more for now.
  // Gives the disk space back of what is done with.
  // kCorruptData: what comes next is damaged; see Spool::drop_damaged(). Those in front of it
  // were given before.
  Result<std::vector<SpoolEntry>> next_batch(const BatchLimits& limits);
  Result<std::vector<SpoolEntry>> next_batch() { return next_batch(BatchLimits{}); }

  // The broker has confirmed that entry, or it is not wanted any more. Entries may be done in
  // any order. kNotFound: it was not given, or is done already.
  Result<void> done(std::uint64_t number);

  // The broker will not take that entry, and says why: it moves to SpoolArea::kRefused, durable
  // when it returns, and is done. An entry of that area stays there. kNotFound as done();
  // kDiskFull, kResourceError when there is no room for it: it is not done.
  Result<void> set_aside(std::uint64_t number, std::string_view reason);

  // Entries that were given and are neither done nor set aside.
  std::size_t in_flight() const { return places_.size(); }

  // Makes durable what is done, gives its disk space back, and lets others drain. Nothing else may
  // be called after it, but for the destructor.
  Result<void> close();

 private:
  // A segment of which something was read.
  struct Held {
    std::shared_ptr<spool::OpenSegment> segment;
    std::size_t in_flight = 0;
    std::size_t marks_unsynced = 0;
  };
  struct Place {
    std::uint64_t segment;  // its base
    std::uint64_t offset;
  };
  using Places = std::map<std::uint64_t, Place>;
  using Identity = std::pair<std::uint64_t, Timestamp>;  // number, spooled_at

  Result<Places::iterator> find(std::uint64_t number);
  Result<void> remove_record(Places::iterator entry);
  Result<SpoolEntry> read_again(const Place& place);
  Result<bool> already_refused(const Identity& identity);
  Result<void> sync_marks(std::size_t unsynced_max);
  Result<void> remove_finished();

  std::shared_ptr<SpoolFiles> files_;  // null: moved from
  SpoolArea area_;
  std::shared_ptr<io::File> lock_;  // null: closed
  spool::QueueReader reader_;
  std::map<std::uint64_t, Held> held_;         // by base
  Places places_;                              // of the entries in flight, by number
  std::optional<std::set<Identity>> refused_;  // read when the first entry is refused
};

}  // namespace bb::client
