#include "cli/event_dump.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/try.h"

namespace bb::cli {
namespace {

constexpr std::size_t kTypeBytesMax = 150;  // a name has 255 in all

std::unexpected<Error> failed(const std::string& path, int error) {
  const ErrorCode code = error == ENOSPC || error == EDQUOT ? ErrorCode::kDiskFull : ErrorCode::kIo;
  return fail(code, fmt::format("cannot write {}: {}", path,
                                std::error_code(error, std::system_category()).message()));
}

// Nothing that means something to a file system or a shell.
std::string safe(std::string_view text) {
  std::string name(text.substr(0, kTypeBytesMax));
  std::ranges::replace_if(
      name,
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '.' || c == '-' || c == '_');
      },
      '_');
  return name;
}

// "20260127T101530.123Z"
std::string compact_time(Timestamp time) {
  std::string text = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(time));
  // Without a fraction where there is none: all names have the same length.
  if (text.find('.') == std::string::npos) text.insert(text.size() - 1, ".000");
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Result<void> write_whole(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return failed(path, errno);
  while (!text.empty()) {
    const ::ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      ::close(fd);
      ::unlink(path.c_str());
      return failed(path, error);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(fd) != 0) return failed(path, errno);
  return {};
}

}  // namespace

Result<EventDump> EventDump::open(std::string folder) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
    return fail(ErrorCode::kIo,
                fmt::format("cannot make the folder {}: {}", folder,
                            std::error_code(errno, std::system_category()).message()));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return failed(folder, errno);
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return failed(folder, errno);
  if (!S_ISDIR(status.st_mode)) return failed(folder, ENOTDIR);
  return EventDump(std::move(folder));
}

Result<std::string> EventDump::write(const ReceivedMessage& message) {
  const auto event = parse_any_envelope(message.body);
  const std::string name = event ? fmt::format("{}_{}_{}.json", compact_time(event->timestamp),
                                               safe(event->event_type), event->event_id.to_string())
                                 : fmt::format("undecodable_{}_{}", ::getpid(), ++undecodable_);
  std::string path = fmt::format("{}/{}", folder_, name);
  const std::string unfinished = fmt::format("{}/.{}.{}", folder_, name.substr(0, 200), ::getpid());
  BB_TRY(write_whole(unfinished, message.body));
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) return failed(path, errno);
  return path;
}

}  // namespace bb::cli
