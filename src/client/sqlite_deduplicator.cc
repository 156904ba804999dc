#include "client/sqlite_deduplicator.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "base/try.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;

constexpr int kBusyTimeoutMs = 1000;
constexpr std::chrono::seconds kSetUpTimeMax{10};
constexpr std::chrono::milliseconds kSetUpPause{5};
constexpr unsigned kPruneEvery = 1024;
constexpr int kDone = 1;

// A process, for good: the system uses its number again. 0 for one that is not there.
std::int64_t start_time(std::int64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string stat((std::istreambuf_iterator<char>(file)), {});
  // The name, in parentheses, may hold anything; field 22 is what is looked for, the name is 2.
  std::size_t at = stat.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoll(stat.c_str() + at + 1, nullptr, 10);
}

std::int64_t wall_clock_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The busy timeout does not count for who turns the journal into a write-ahead log, since two who
// wait for each other would never end (https://www.sqlite.org/c3ref/busy_handler.html): where
// several processes make the file at once, all but one are told that it is locked.
int set_up(sqlite3* handle) {
  constexpr const char* kStatements =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, done INTEGER NOT NULL,"
      " owner INTEGER NOT NULL, owner_start INTEGER NOT NULL, until INTEGER NOT NULL)"
      " WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS events_until ON events (until);";
  const auto deadline = std::chrono::steady_clock::now() + kSetUpTimeMax;
  for (;;) {
    const int code = sqlite3_exec(handle, kStatements, nullptr, nullptr, nullptr);
    if (code != SQLITE_BUSY || std::chrono::steady_clock::now() >= deadline) return code;
    std::this_thread::sleep_for(kSetUpPause);
  }
}

class Statement {
 public:
  Statement(sqlite3* database, const char* text) {
    sqlite3_prepare_v3(database, text, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  bool is_valid() const { return statement_ != nullptr; }
  // What was bound before is gone. Text is borrowed until then.
  template <class... Values>
  int run(const Values&... values) {
    sqlite3_reset(statement_);
    int index = 0;
    (bind(++index, values), ...);
    return sqlite3_step(statement_);
  }
  std::int64_t column(int index) { return sqlite3_column_int64(statement_, index); }
  void end() { sqlite3_reset(statement_); }

 private:
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, const std::string& value) {
    sqlite3_bind_text(statement_, index, value.data(), static_cast<int>(value.size()), nullptr);
  }

  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace

class SqliteDeduplicator::Database {
 public:
  explicit Database(sqlite3* handle)
      : handle_(handle),
        begin(handle, "BEGIN IMMEDIATE"),
        commit(handle, "COMMIT"),
        find(handle, "SELECT done, owner, owner_start, until FROM events WHERE id = ?"),
        take(handle,
             "INSERT OR REPLACE INTO events (id, done, owner, owner_start, until) VALUES "
             "(?, 0, ?, ?, ?)"),
        settle(handle,
               "INSERT OR REPLACE INTO events (id, done, owner, owner_start, until) VALUES "
               "(?, 1, 0, 0, ?)"),
        drop(handle, "DELETE FROM events WHERE id = ? AND done = 0 AND owner = ?"),
        prune(
            handle,
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE until <= ? LIMIT 2048)") {}
  ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::unexpected<Error> failure(const std::string& path) const {
    const int code = sqlite3_errcode(handle_.get()) & 0xFF;
    const ErrorCode kind = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ErrorCode::kCorruptData
                           : code == SQLITE_FULL                           ? ErrorCode::kDiskFull
                                                                           : ErrorCode::kIo;
    return fail(kind, fmt::format("{}: {}", path, sqlite3_errmsg(handle_.get())));
  }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;

 public:
  Statement begin, commit, find, take, settle, drop, prune;
  unsigned claims = 0;
};

SqliteDeduplicator::SqliteDeduplicator(SqliteDeduplicatorOptions options,
                                       std::unique_ptr<Database> database)
    : options_(std::move(options)), database_(std::move(database)) {}

SqliteDeduplicator::~SqliteDeduplicator() = default;

Result<std::shared_ptr<SqliteDeduplicator>> SqliteDeduplicator::open(
    SqliteDeduplicatorOptions options) {
  if (!options.now_s) options.now_s = wall_clock_s;
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(options.path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  const auto failure = [&] {
    return fail(ErrorCode::kIo,
                fmt::format("cannot keep what was handled in {}: {}", options.path,
                            handle == nullptr ? "no memory" : sqlite3_errmsg(handle)));
  };
  if (opened != SQLITE_OK) {
    auto error = failure();
    sqlite3_close_v2(handle);
    return error;
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (set_up(handle) != SQLITE_OK) {
    auto error = failure();
    sqlite3_close_v2(handle);
    return error;
  }
  auto database = std::make_unique<Database>(handle);
  return std::shared_ptr<SqliteDeduplicator>(
      new SqliteDeduplicator(std::move(options), std::move(database)));
}

asio::awaitable<Result<Claim>> SqliteDeduplicator::claim(std::string event_id) {
  Database& database = *database_;
  const std::int64_t now = options_.now_s();
  const std::int64_t until = now + options_.window.count();
  if (++database.claims % kPruneEvery == 0) {
    database.prune.run(now);
    database.prune.end();
  }
  if (database.begin.run() != SQLITE_DONE) co_return database.failure(options_.path);
  Claim claim = Claim::kNew;
  const int found = database.find.run(event_id);
  if (found == SQLITE_ROW && database.find.column(3) > now) {
    const std::int64_t owner = database.find.column(1);
    if (database.find.column(0) == kDone) {
      claim = Claim::kDone;
    } else if (start_time(owner) == database.find.column(2)) {
      claim = Claim::kBusy;
    }
  }
  database.find.end();
  int taken = found == SQLITE_ROW || found == SQLITE_DONE ? SQLITE_DONE : found;
  if (claim == Claim::kNew && taken == SQLITE_DONE) {
    const std::int64_t pid = ::getpid();
    taken = database.take.run(event_id, pid, start_time(pid), until);
    database.take.end();
  }
  const int committed = database.commit.run();
  if (taken != SQLITE_DONE || committed != SQLITE_DONE) co_return database.failure(options_.path);
  co_return claim;
}

asio::awaitable<Result<void>> SqliteDeduplicator::done(std::string event_id) {
  const std::int64_t until = options_.now_s() + options_.window.count();
  const int kept = database_->settle.run(event_id, until);
  database_->settle.end();
  if (kept != SQLITE_DONE) co_return database_->failure(options_.path);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> SqliteDeduplicator::release(std::string event_id) {
  const std::int64_t pid = ::getpid();
  const int dropped = database_->drop.run(event_id, pid);
  database_->drop.end();
  if (dropped != SQLITE_DONE) co_return database_->failure(options_.path);
  co_return Result<void>{};
}

}  // namespace bb::client
