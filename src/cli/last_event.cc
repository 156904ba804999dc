#include "cli/last_event.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "base/try.h"

namespace bb::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesKept = 64;  // before those of sessions that are over are removed

std::string folder_of(const std::string& data_dir) {
  return data_dir + "/last-event";
}

// When a process started, in clock ticks since the boot: the 22nd field of its stat (proc(5)).
// Nothing: there is no such process, or no /proc.
std::optional<std::uint64_t> start_time(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  // Behind the name, the second field, which may hold spaces and parentheses.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int number = 3; number < 22; ++number) fields >> field;
  std::uint64_t ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  return ticks;
}

// Of a session, which its leader names: "812", or "812-40671".
std::string name_of(pid_t leader) {
  const auto started = start_time(leader);
  return started ? fmt::format("{}-{}", leader, *started) : fmt::format("{}", leader);
}

std::string file_of(const std::string& data_dir) {
  return fmt::format("{}/{}", folder_of(data_dir), name_of(::getsid(0)));
}

// Whether the session's leader is gone, or another process has its number.
bool is_over(const std::string& name) {
  pid_t leader = 0;
  const char* const name_end = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data(), name_end, leader);
  if (error != std::errc{} || leader <= 0 || (end != name_end && *end != '-')) return false;
  if (name.find('.') != std::string::npos) return false;  // it is being written
  if (::kill(leader, 0) != 0) return errno == ESRCH;
  return end != name_end && start_time(leader) && name != name_of(leader);
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
  const std::string path = file_of(data_dir);
  // A reader sees all of it or what was there before.
  const std::string partial = fmt::format("{}.{}", path, ::getpid());
  const mode_t old_mask = ::umask(0077);
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) std::ofstream(partial) << event_id << '\n';
  ::umask(old_mask);
  if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", folder, error.message()));
  remove_what_is_over(folder);
  fs::rename(partial, path, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", path, error.message()));
  return {};
}

}  // namespace bb::cli
