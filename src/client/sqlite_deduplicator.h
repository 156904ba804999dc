// A Deduplicator in a file, for the consumers of one service on one machine.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "client/deduplicator.h"

namespace bb::client {

struct SqliteDeduplicatorOptions {
  SqliteDeduplicatorOptions() = default;  // no aggregate: see channel.h

  std::string path;  // made if it is not there; its folder has to be
  // What was handled longer ago is forgotten.
  std::chrono::seconds window{std::chrono::hours(24)};
  // Seconds since 1970; for tests.
  std::function<std::int64_t()> now_s;
};

// Several processes share the file. A claim belongs to the process that made it: it ends with it,
// and nobody waits for a consumer that was killed. After the power has failed, what was handled in
// the last moments may be forgotten: SQLite's write-ahead log is synced at its checkpoints.
//
// Blocks the executor for the time of a look-up in the file; about a second at most where another
// process is writing to it.
class SqliteDeduplicator final : public Deduplicator {
 public:
  // kIo, kCorruptData: the file cannot be used. Blocks, ten seconds at most, while others make it.
  static Result<std::shared_ptr<SqliteDeduplicator>> open(SqliteDeduplicatorOptions options);
  ~SqliteDeduplicator() override;

  boost::asio::awaitable<Result<Claim>> claim(std::string event_id) override;
  boost::asio::awaitable<Result<void>> done(std::string event_id) override;
  boost::asio::awaitable<Result<void>> release(std::string event_id) override;

 private:
  class Database;
  SqliteDeduplicator(SqliteDeduplicatorOptions options, std::unique_ptr<Database> database);

  const SqliteDeduplicatorOptions options_;
  std::unique_ptr<Database> database_;
};

}  // namespace bb::client
