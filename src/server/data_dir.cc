#include "server/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace bb::server {
namespace {

std::unexpected<Error> io_failure(std::string_view what, const std::string& path, int error) {
  return fail(ErrorCode::kIo,
              fmt::format("cannot {} '{}': {}; choose another place with --data-dir", what, path,
                          std::strerror(error)));
}

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

Result<DataDir> DataDir::open(const std::string& path) {
  // Owner alone from the start, for every directory that is made on the way.
  const mode_t old_mask = ::umask(0077);
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  ::umask(old_mask);
  if (ec) return io_failure("make the data directory", path, ec.value());

  const std::string lock_path = path + "/lock";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return io_failure("open", lock_path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = holder_of(fd);
    ::close(fd);
    if (error != EWOULDBLOCK) return io_failure("lock", lock_path, error);
    return fail(ErrorCode::kIo,
                fmt::format("the data directory '{}' is in use by {}; stop it or choose another "
                            "place with --data-dir",
                            path, holder));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const int error = errno;
    ::close(fd);
    return io_failure("write", lock_path, error);
  }
  return DataDir(path, fd);
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataDir::~DataDir() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

}  // namespace bb::server
