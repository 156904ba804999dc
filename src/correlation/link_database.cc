#include "correlation/link_database.h"

#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "correlation/sqlite.h"
#include "correlation/walk.h"

namespace bb::correlation {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kFormatVersion = 1;
constexpr std::size_t kLinksPerPrune = 4096;
constexpr std::int64_t kPrunedMax = 8192;
constexpr std::int64_t kAllChildren = -1;

// A row of `link` for each parent, in order; what is said of the link as a whole is in each of
// them, but for the metadata, which only the first has (NULL is {}). So a step of a walk is one
// search.
constexpr const char* kCreate =
    "CREATE TABLE IF NOT EXISTS link (child BLOB NOT NULL, position INTEGER NOT NULL,"
    " parent BLOB NOT NULL, expires_s INTEGER NOT NULL, created_us INTEGER NOT NULL, metadata TEXT,"
    " PRIMARY KEY (child, position)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS link_parent ON link (parent, expires_s);"
    "CREATE INDEX IF NOT EXISTS link_expires ON link (expires_s) WHERE position = 0;"
    "CREATE TABLE IF NOT EXISTS event (\"offset\" INTEGER PRIMARY KEY, id BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS event_id ON event (id);"
    "CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " stream INTEGER NOT NULL, next_offset INTEGER NOT NULL);"
    "PRAGMA user_version = 1;";

std::int64_t to_us(Timestamp time) {
  return std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
}

Timestamp from_us(std::int64_t us) {
  return Timestamp(std::chrono::microseconds(us));
}

std::int64_t to_s(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

struct LinkDatabase::Database {
  explicit Database(SqliteConnection opened)
      : connection(std::move(opened)),
        begin(connection, "BEGIN IMMEDIATE"),
        begin_reading(connection, "BEGIN"),
        commit(connection, "COMMIT"),
        rollback(connection, "ROLLBACK"),
        insert_link(connection,
                    "INSERT OR IGNORE INTO link"
                    " (child, position, parent, expires_s, created_us, metadata)"
                    " VALUES (?, ?, ?, ?, ?, nullif(?, '{}'))"),
        delete_link(connection, "DELETE FROM link WHERE child = ?"),
        find_link(connection,
                  "SELECT created_us, metadata, parent FROM link"
                  " WHERE child = ? AND expires_s > ? ORDER BY position"),
        find_children(connection,
                      "SELECT child FROM link WHERE parent = ? AND expires_s > ? LIMIT ?"),
        insert_event(connection, "INSERT OR REPLACE INTO event (\"offset\", id) VALUES (?, ?)"),
        find_event(connection, "SELECT max(\"offset\") FROM event WHERE id = ?"),
        forget_events(connection, "DELETE FROM event"),
        find_progress(connection, "SELECT stream, next_offset FROM progress"),
        put_progress(connection,
                     "INSERT OR REPLACE INTO progress (one, stream, next_offset) VALUES (1, ?, ?)"),
        prune_links(connection,
                    "DELETE FROM link WHERE child IN"
                    " (SELECT child FROM link WHERE position = 0 AND expires_s <= ? LIMIT ?)"),
        prune_events(connection,
                     "DELETE FROM event WHERE \"offset\" IN"
                     " (SELECT \"offset\" FROM event WHERE \"offset\" < ?1 LIMIT ?2)") {}

  Result<void> expect_done(SqliteStatement& statement, int outcome) {
    if (outcome == SQLITE_DONE || outcome == SQLITE_ROW) {
      statement.end();
      return {};
    }
    auto error = connection.failure();
    statement.end();
    return error;
  }
  template <class... Values>
  Result<void> run(SqliteStatement& statement, const Values&... values) {
    return expect_done(statement, statement.run(values...));
  }
  std::int64_t changes() const { return sqlite3_changes64(connection.handle()); }

  SqliteConnection connection;
  SqliteStatement begin, begin_reading, commit, rollback;
  SqliteStatement insert_link, delete_link;
  SqliteStatement find_link, find_children;
  SqliteStatement insert_event, find_event, forget_events, find_progress, put_progress;
  SqliteStatement prune_links, prune_events;
};

LinkDatabase::LinkDatabase(LinkDatabaseOptions options, std::unique_ptr<Database> database)
    : options_(std::move(options)), database_(std::move(database)) {}

LinkDatabase::~LinkDatabase() = default;

Result<std::unique_ptr<LinkDatabase>> LinkDatabase::open(LinkDatabaseOptions options) {
  BB_TRY_ASSIGN(SqliteConnection connection, SqliteConnection::open(options.path, kBusyTimeoutMs));
  BB_TRY(
      connection.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                     "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096"));
  BB_TRY_ASSIGN(const int version, connection.format_version());
  if (version > kFormatVersion) {
    return fail(ErrorCode::kCorruptData,
                fmt::format("{} is of format {}, and this program knows formats up to {}",
                            options.path, version, kFormatVersion));
  }
  if (version < kFormatVersion) BB_TRY(connection.run(kCreate));
  auto database = std::make_unique<Database>(std::move(connection));
  return std::unique_ptr<LinkDatabase>(new LinkDatabase(std::move(options), std::move(database)));
}

std::int64_t LinkDatabase::now_s() const {
  return to_s(options_.now());
}

template <class Change>
Result<void> LinkDatabase::transaction(Change change) {
  Database& database = *database_;
  BB_TRY(database.run(database.begin));
  Result<void> result = change();
  if (result) result = database.run(database.commit);
  if (!result) (void)database.run(database.rollback);
  return result;
}

Result<void> LinkDatabase::put(const Link& link, std::int64_t expires_s) {
  if (link.parents.empty()) return {};
  Database& database = *database_;
  const std::int64_t created_us = to_us(link.created_at);
  std::int64_t position = 0;
  for (const Uuid& parent : link.parents) {
    const std::string_view metadata = position == 0 ? std::string_view(link.metadata) : "{}";
    const auto insert = [&] {
      return database.run(database.insert_link, link.child, position, parent, expires_s, created_us,
                          metadata);
    };
    BB_TRY(insert());
    if (position == 0 && database.changes() == 0) {
      BB_TRY(database.run(database.delete_link, link.child));
      BB_TRY(insert());
    }
    ++position;
  }
  return {};
}

Result<void> LinkDatabase::record(std::span<const Link> links) {
  const std::int64_t expires_s = now_s() + options_.ttl.count();
  auto recorded = transaction([&]() -> Result<void> {
    for (const Link& link : links) BB_TRY(put(link, expires_s));
    return {};
  });
  if (recorded) prune_now_and_then(links.size());
  return recorded;
}

Result<Link> LinkDatabase::add(const Link& more) {
  Link merged = more;
  const auto added = transaction([&]() -> Result<void> {
    BB_TRY_ASSIGN(const auto known, find(more.child));
    if (known) merged = merge(*known, more);
    return put(merged, now_s() + options_.ttl.count());
  });
  if (!added) return fail(added.error());
  return merged;
}

Result<std::optional<Link>> LinkDatabase::find(const Uuid& event) {
  Database& database = *database_;
  std::optional<Link> link;
  int outcome = database.find_link.run(event, now_s());
  for (; outcome == SQLITE_ROW; outcome = database.find_link.next()) {
    if (!link) {
      link.emplace(event, std::vector<Uuid>(), from_us(database.find_link.integer(0)));
      if (!database.find_link.is_null(1)) link->metadata = database.find_link.text(1);
    }
    link->parents.push_back(database.find_link.uuid(2));
  }
  BB_TRY(database.expect_done(database.find_link, outcome));
  return link;
}

Result<void> LinkDatabase::find_children(Neighbours& near, std::int64_t most) {
  Database& database = *database_;
  int outcome = database.find_children.run(near.id, now_s(), most);
  for (; outcome == SQLITE_ROW; outcome = database.find_children.next()) {
    near.children.push_back(database.find_children.uuid(0));
  }
  return database.expect_done(database.find_children, outcome);
}

Result<Neighbours> LinkDatabase::neighbours(const Uuid& event) {
  Neighbours near(event);
  BB_TRY_ASSIGN(near.link, find(event));
  BB_TRY(find_children(near, kAllChildren));
  return near;
}

// One search for each record and one for its children. A recursive query takes twice as long: it
// looks each event up once for the step from it, and once for what is recorded of it.
Result<void> LinkDatabase::go(Walk& walk) {
  const bool with_children = walk.direction() != Direction::kAncestors;
  // One more than may be shows that there are more.
  const auto children_max = static_cast<std::int64_t>(walk.limits().events_max) + 1;
  for (auto wanted = walk.wanted(); !wanted.empty(); wanted = walk.wanted()) {
    for (const Uuid& id : wanted) {
      Neighbours near(id);
      BB_TRY_ASSIGN(near.link, find(id));
      if (with_children) BB_TRY(find_children(near, children_max));
      walk.found(std::move(near));
    }
  }
  return {};
}

Result<Graph> LinkDatabase::walk(const Uuid& event, Direction direction, WalkLimits limits) {
  Database& database = *database_;
  const bool is_lineage = direction == Direction::kLineage;
  Walk walk(event, is_lineage ? Direction::kAncestors : direction, limits);
  Walk down(event, Direction::kDescendants, limits);
  // One transaction: all of it as it is at one time, and no locks in between.
  BB_TRY(database.run(database.begin_reading));
  auto gone = go(walk);
  if (gone && is_lineage) gone = go(down);
  (void)database.run(database.rollback);
  if (!gone) return fail(gone.error());
  return is_lineage ? make_graph(std::move(walk), std::move(down)) : make_graph(std::move(walk));
}

Result<std::optional<LinkDatabase::Progress>> LinkDatabase::progress() {
  Database& database = *database_;
  std::optional<Progress> progress;
  const int outcome = database.find_progress.run();
  if (outcome == SQLITE_ROW) {
    progress = Progress{static_cast<std::uint64_t>(database.find_progress.integer(0)),
                        static_cast<std::uint64_t>(database.find_progress.integer(1))};
  }
  BB_TRY(database.expect_done(database.find_progress, outcome));
  return progress;
}

Result<void> LinkDatabase::record_history(std::span<const Link> links,
                                          std::span<const Place> places, const Progress& progress) {
  Database& database = *database_;
  auto recorded = transaction([&]() -> Result<void> {
    BB_TRY_ASSIGN(const auto before, this->progress());
    if (before && before->stream != progress.stream) BB_TRY(database.run(database.forget_events));
    for (const Link& link : links) {
      BB_TRY(put(link, to_s(link.created_at) + options_.ttl.count()));
    }
    for (const Place& place : places) {
      BB_TRY(database.run(database.insert_event, static_cast<std::int64_t>(place.offset),
                          place.event));
    }
    return database.run(database.put_progress, static_cast<std::int64_t>(progress.stream),
                        static_cast<std::int64_t>(progress.next_offset));
  });
  if (recorded) prune_now_and_then(links.size());
  return recorded;
}

Result<std::unordered_map<Uuid, std::uint64_t, UuidHash>> LinkDatabase::find_offsets(
    std::span<const Uuid> events) {
  Database& database = *database_;
  std::unordered_map<Uuid, std::uint64_t, UuidHash> offsets;
  for (const Uuid& event : events) {
    const int outcome = database.find_event.run(event);
    if (outcome == SQLITE_ROW && !database.find_event.is_null(0)) {
      offsets.emplace(event, static_cast<std::uint64_t>(database.find_event.integer(0)));
    }
    BB_TRY(database.expect_done(database.find_event, outcome));
  }
  return offsets;
}

Result<bool> LinkDatabase::prune(std::uint64_t first_offset) {
  Database& database = *database_;
  bool more = false;
  const auto pruned = transaction([&]() -> Result<void> {
    BB_TRY(database.run(database.prune_links, now_s(), kPrunedMax));
    more = database.changes() >= kPrunedMax;
    BB_TRY(
        database.run(database.prune_events, static_cast<std::int64_t>(first_offset), kPrunedMax));
    more = more || database.changes() == kPrunedMax;
    return {};
  });
  if (!pruned) return fail(pruned.error());
  return more;
}

void LinkDatabase::prune_now_and_then(std::size_t links) {
  since_prune_ += links;
  if (since_prune_ < kLinksPerPrune) return;
  since_prune_ = 0;
  // What cannot be forgotten now can be later.
  (void)prune();
}

}  // namespace bb::correlation
