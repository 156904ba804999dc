// The little of SQLite's C API that the stores here use.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "bloodbank/uuid.h"

namespace bb::correlation {

// A connection to a file; of one thread at a time.
class SqliteConnection {
 public:
  // Makes the file if it is not there; its folder has to be. Waits `busy_timeout_ms` for others who
  // write. kIo, kCorruptData.
  static Result<SqliteConnection> open(const std::string& path, int busy_timeout_ms);

  // Several statements without results.
  Result<void> run(const char* statements);
  // PRAGMA user_version: what the file says its format is; 0 for a new one.
  Result<int> format_version();

  sqlite3* handle() const { return handle_.get(); }
  // The last error as one of ours, with the file's name.
  std::unexpected<Error> failure() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  SqliteConnection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement, to be used again and again. It goes before its connection does.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  // A text that SQLite does not take is a bug of ours: run() then gives SQLITE_MISUSE.
  SqliteStatement(const SqliteConnection& connection, const char* text);

  // Ends what ran before, binds all values in order and steps once: SQLITE_ROW, SQLITE_DONE, or an
  // error. Text and bytes are borrowed until the next call of run() or end().
  template <class... Values>
  int run(const Values&... values) {
    end();
    int index = 0;
    (bind(++index, values), ...);
    return next();
  }
  int next() { return sqlite3_step(statement_.get()); }
  void end() { sqlite3_reset(statement_.get()); }

  // Of the row. Text is good until the next call.
  bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string_view text(int column) const;
  Uuid uuid(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }
  void bind(int index, std::string_view text);
  void bind(int index, const Uuid& id);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace bb::correlation
