#include "cli/last_event.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/try.h"

namespace bb::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesKept = 64;  // before those of sessions that are over are removed

std::string folder_of(const std::string& data_dir) {
  return data_dir + "/last-event";
}

std::string file_of(const std::string& data_dir) {
  return fmt::format("{}/{}", folder_of(data_dir), ::getsid(0));
}

// Whether the session's leader is there; it names the session.
bool is_over(const std::string& name) {
  pid_t leader = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), leader);
  if (error != std::errc{} || end != name.data() + name.size() || leader <= 0) return false;
  return ::kill(leader, 0) != 0 && errno == ESRCH;
}

void remove_what_is_over(const std::string& folder) {
  std::error_code ignored;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) files += entry.exists(ignored);
  if (files < kFilesKept) return;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (is_over(entry.path().filename().string())) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

Result<Uuid> read_last_event(const std::string& data_dir) {
  std::ifstream file(file_of(data_dir));
  std::string id;
  file >> id;
  auto parsed = Uuid::parse(id);
  if (parsed) return parsed;
  return fail(ErrorCode::kNotFound,
              "@last: no event was published from this terminal or script; name its id instead");
}

Result<void> write_last_event(const std::string& data_dir, const std::string& event_id) {
  std::error_code error;
  const std::string folder = folder_of(data_dir);
  fs::create_directories(folder, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", folder, error.message()));
  remove_what_is_over(folder);
  const std::string path = file_of(data_dir);
  // A reader sees all of it or what was there before.
  const std::string partial = fmt::format("{}.{}", path, ::getpid());
  std::ofstream(partial) << event_id << '\n';
  fs::rename(partial, path, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", path, error.message()));
  return {};
}

}  // namespace bb::cli
