#include "correlation/sqlite.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <utility>

namespace bb::correlation {

Result<SqliteConnection> SqliteConnection::open(const std::string& path, int busy_timeout_ms) {
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return fail(ErrorCode::kIo, fmt::format("{}: no memory", path));
  SqliteConnection connection(path, handle);
  if (opened != SQLITE_OK) return connection.failure();
  // For the owner alone: it is empty still, or was made by an older program. SQLite makes the
  // others as it is.
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    (void)::chmod((path + suffix).c_str(), S_IRUSR | S_IWUSR);
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return connection;
}

Result<void> SqliteConnection::run(const char* statements) {
  if (sqlite3_exec(handle_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure();
  }
  return {};
}

Result<int> SqliteConnection::format_version() {
  SqliteStatement version(*this, "PRAGMA user_version");
  if (version.run() != SQLITE_ROW) return failure();
  return static_cast<int>(version.integer(0));
}

std::unexpected<Error> SqliteConnection::failure() const {
  const int code = sqlite3_errcode(handle_.get()) & 0xFF;
  const ErrorCode kind = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ErrorCode::kCorruptData
                         : code == SQLITE_FULL                           ? ErrorCode::kDiskFull
                                                                         : ErrorCode::kIo;
  return fail(kind, fmt::format("{}: {}", path_, sqlite3_errmsg(handle_.get())));
}

SqliteStatement::SqliteStatement(const SqliteConnection& connection, const char* text) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(connection.handle(), text, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* const bytes =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Uuid SqliteStatement::uuid(int column) const {
  std::array<std::uint8_t, 16> id{};
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes != nullptr && sqlite3_column_bytes(statement_.get(), column) == std::ssize(id)) {
    std::memcpy(id.data(), bytes, id.size());
  }
  return Uuid(id);
}

void SqliteStatement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
}

void SqliteStatement::bind(int index, const Uuid& id) {
  sqlite3_bind_blob(statement_.get(), index, id.bytes().data(), static_cast<int>(id.bytes().size()),
                    SQLITE_STATIC);
}

}  // namespace bb::correlation
