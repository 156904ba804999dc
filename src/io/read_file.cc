#include "io/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/try.h"

namespace bb::io {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;

std::string format_limit(std::size_t bytes) {
  constexpr std::size_t kMebibyte = 1 << 20;
  if (bytes % kMebibyte == 0) return fmt::format("{} MiB", bytes / kMebibyte);
  return bytes % 1024 == 0 ? fmt::format("{} KiB", bytes / 1024) : fmt::format("{} bytes", bytes);
}

Result<int> open_file(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd >= 0) return fd;
  return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
              fmt::format("cannot read {}: {}", path, std::strerror(errno)));
}

bool is_regular_or_directory(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

}  // namespace

Result<std::string> read_descriptor(int fd, std::string_view name, std::size_t bytes_max) {
  std::string text;
  struct stat status{};
  if (::fstat(fd, &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      return fail(ErrorCode::kIo, fmt::format("cannot read {}: it is a directory", name));
    }
    // One byte more, so that the end is seen without growing.
    const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    if (S_ISREG(status.st_mode) && size <= bytes_max) text.reserve(size + 1);
  }
  for (;;) {
    const std::size_t used = text.size();
    text.resize(std::max(used + kReadBytes, text.capacity()));
    const ssize_t count = ::read(fd, text.data() + used, text.size() - used);
    const int error = errno;
    text.resize(used + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return text;
    if (count < 0 && error != EINTR) {
      return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", name, std::strerror(error)));
    }
    if (text.size() > bytes_max) {
      return fail(ErrorCode::kContentTooLarge,
                  fmt::format("{} is larger than {}", name, format_limit(bytes_max)));
    }
  }
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  BB_TRY_ASSIGN(const int fd, open_file(path, 0));
  auto text = read_descriptor(fd, path, bytes_max);
  ::close(fd);
  return text;
}

Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max) {
  // Opening a pipe that nobody writes, or a terminal, must neither wait nor change anything.
  BB_TRY_ASSIGN(const int fd, open_file(path, O_NONBLOCK | O_NOCTTY));
  auto text =
      is_regular_or_directory(fd)  // of a directory it says so itself
          ? read_descriptor(fd, path, bytes_max)
          : fail(ErrorCode::kIo, fmt::format("cannot read {}: it is no regular file", path));
  ::close(fd);
  return text;
}

}  // namespace bb::io
