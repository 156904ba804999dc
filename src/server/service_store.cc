#include "server/service_store.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/logging.h"
#include "base/try.h"

namespace bb::server {
namespace {

constexpr std::string_view kFile = "services.json";
constexpr std::string_view kNewFile = "services.json.new";
constexpr std::string_view kDamagedFile = "services.json.damaged";
constexpr std::uint64_t kFileBytesMax = 64ull << 20;

// nullopt: there is none.
Result<std::optional<std::string>> read_document(io::Folder& folder) {
  const auto file = folder.open_file(kFile, io::OpenMode::kRead);
  if (!file) {
    if (file.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
    return fail(file.error());
  }
  BB_TRY_ASSIGN(const std::uint64_t size, (*file)->size());
  if (size > kFileBytesMax) return std::optional<std::string>("");
  std::string text(size, '\0');
  BB_TRY_ASSIGN(const std::size_t read,
                (*file)->read_at(0, std::as_writable_bytes(std::span(text.data(), text.size()))));
  text.resize(read);
  return std::optional<std::string>(std::move(text));
}

}  // namespace

Result<std::unique_ptr<ServiceStore>> ServiceStore::open(io::Folder& folder, Timestamp now) {
  BB_TRY_ASSIGN(const std::optional<std::string> document, read_document(folder));
  registry::ServiceTable table;
  if (document) {
    auto parsed = registry::ServiceTable::parse(*document, now);
    if (parsed) {
      table = *std::move(parsed);
    } else {
      logging::warning("{}: {}; it is {} now, and services register again by themselves",
                       folder.path_of(kFile), parsed.error().message, kDamagedFile);
      BB_TRY(folder.rename(kFile, kDamagedFile));
    }
  }
  return std::unique_ptr<ServiceStore>(new ServiceStore(folder, std::move(table), now));
}

ServiceStore::ServiceStore(io::Folder& folder, registry::ServiceTable table, Timestamp now)
    : folder_(folder),
      table_(std::move(table)),
      saved_at_(now),
      writer_([this] { write_loop(); }) {}

ServiceStore::~ServiceStore() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void ServiceStore::tick(Timestamp now) {
  table_.expire(now);
  if (table_.changed() || (table_.size() > 0 && now - saved_at_ >= kSaveInterval)) save(now);
}

void ServiceStore::save(Timestamp now) {
  std::string document = table_.document(now);
  table_.set_saved();
  saved_at_ = now;
  {
    const std::lock_guard lock(mutex_);
    to_write_ = std::move(document);
  }
  changed_.notify_one();
}

void ServiceStore::write_loop() {
  for (;;) {
    std::optional<std::string> document;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || to_write_.has_value(); });
      document = std::exchange(to_write_, std::nullopt);
    }
    if (!document) return;
    const auto written = write(*document);
    if (!written && !std::exchange(failing_, true)) {
      logging::warning("the registry of services is not kept: {}", written.error().message);
    }
    if (written && std::exchange(failing_, false)) {
      logging::info("the registry of services is kept again");
    }
  }
}

Result<void> ServiceStore::write(const std::string& document) {
  BB_TRY_ASSIGN(const auto file, folder_.open_file(kNewFile, io::OpenMode::kCreate));
  BB_TRY(file->truncate(0));
  BB_TRY(file->write_at(0, as_bytes(document)));
  BB_TRY(file->sync());
  BB_TRY(folder_.rename(kNewFile, kFile));
  return folder_.sync();
}

}  // namespace bb::server
