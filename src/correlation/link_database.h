// Links in a file of SQLite, and where the events of the history are; layout in
// docs/formats/correlation.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "bloodbank/result.h"
#include "correlation/graph.h"
#include "correlation/link.h"
#include "correlation/uuid_hash.h"

namespace bb::correlation {

// As long as the Redis entries of other services of the ecosystem.
inline constexpr std::chrono::hours kDefaultTtl{30 * 24};

struct LinkDatabaseOptions {
  std::string path;  // made if it is not there; its folder has to be
  std::chrono::seconds ttl = kDefaultTtl;
  std::function<Timestamp()> now = [] { return Timestamp(std::chrono::system_clock::now()); };
};

// Blocks for as long as the file takes: a few milliseconds for a batch of a thousand links, and up
// to five seconds where somebody else writes. Several processes may use the file at once. A batch
// is there as a whole or not at all, whatever happens; after the power has failed, those of the
// last moments may be missing: SQLite's write-ahead log is synced at its checkpoints.
//
// Of one thread at a time. Errors of every call: kIo, kDiskFull, kCorruptData, with the file's
// name.
class LinkDatabase {
 public:
  // kCorruptData also for a file that a newer version wrote.
  static Result<std::unique_ptr<LinkDatabase>> open(LinkDatabaseOptions options);
  ~LinkDatabase();

  // As LinkStore has them. Links run out `ttl` after now; each call is one transaction.
  Result<void> record(std::span<const Link> links);
  Result<Link> add(const Link& more);
  Result<Neighbours> neighbours(const Uuid& event);
  Result<Graph> walk(const Uuid& event, Direction direction, WalkLimits limits);

  // How far the events of a stream are recorded here.
  struct Progress {
    std::uint64_t stream = 0;  // its number, which no other has
    std::uint64_t next_offset = 0;
  };
  struct Place {
    Uuid event;
    std::uint64_t offset = 0;
  };
  Result<std::optional<Progress>> progress();
  // In one transaction: where events are, what caused them, and that all up to `progress` is here.
  // These links run out `ttl` after their created_at. Places in another stream are forgotten.
  Result<void> record_history(std::span<const Link> links, std::span<const Place> places,
                              const Progress& progress);
  // Those that are known.
  Result<std::unordered_map<Uuid, std::uint64_t, UuidHash>> find_offsets(
      std::span<const Uuid> events);

  // Forgets some of what has run out, and of the places before `first_offset`; false when there is
  // none left. record() and record_history() do so now and then for links.
  Result<bool> prune(std::uint64_t first_offset = 0);

 private:
  struct Database;
  LinkDatabase(LinkDatabaseOptions options, std::unique_ptr<Database> database);

  template <class Change>
  Result<void> transaction(Change change);
  Result<void> put(const Link& link, std::int64_t expires_s);
  Result<std::optional<Link>> find(const Uuid& event);
  Result<void> find_children(Neighbours& near, std::int64_t most);
  Result<void> go(class Walk& walk);
  std::int64_t now_s() const;
  void prune_now_and_then(std::size_t links);

  const LinkDatabaseOptions options_;
  std::unique_ptr<Database> database_;
  std::size_t since_prune_ = 0;
};

}  // namespace bb::correlation
