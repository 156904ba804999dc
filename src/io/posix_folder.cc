#include "io/posix_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/try.h"

namespace bb::io {
namespace {

constexpr ::mode_t kFolderMode = 0700;
constexpr ::mode_t kFileMode = 0600;

std::unexpected<Error> system_failure(std::string_view what, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const auto code = full              ? ErrorCode::kDiskFull
                    : error == ENOENT ? ErrorCode::kNotFound
                                      : ErrorCode::kIo;
  return fail(code, fmt::format("cannot {} {}: {}", what, path, std::strerror(error)));
}

// Calls again while a signal interrupts; -1 with errno set on failure.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) override {
    std::array<::iovec, 64> vectors{};
    std::size_t skip = 0;  // bytes of the first part that are written
    while (!parts.empty()) {
      const std::size_t count = std::min(parts.size(), vectors.size());
      for (std::size_t i = 0; i < count; ++i) {
        const ByteView part = parts[i].subspan(i == 0 ? skip : 0);
        vectors[i] = {const_cast<std::byte*>(part.data()), part.size()};
      }
      const ssize_t written = uninterrupted([&] {
        return ::pwritev(fd_.get(), vectors.data(), static_cast<int>(count),
                         static_cast<::off_t>(offset));
      });
      if (written < 0) return system_failure("write", path_, errno);
      offset += static_cast<std::uint64_t>(written);
      skip += static_cast<std::size_t>(written);
      bool advanced = written > 0;
      while (!parts.empty() && skip >= parts.front().size()) {
        skip -= parts.front().size();
        parts = parts.subspan(1);
        advanced = true;
      }
      if (!advanced) return system_failure("write", path_, EIO);
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t count = uninterrupted([&] {
        return ::pread(fd_.get(), out.data() + filled, out.size() - filled,
                       static_cast<::off_t>(offset + filled));
      });
      if (count < 0) return system_failure("read", path_, errno);
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    return filled;
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fdatasync(fd_.get()); }) < 0) {
      return system_failure("sync", path_, errno);
    }
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat status{};
    if (::fstat(fd_.get(), &status) < 0) return system_failure("measure", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<void> truncate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<::off_t>(size)); }) < 0) {
      return system_failure("truncate", path_, errno);
    }
    return {};
  }

  Result<void> allocate(std::uint64_t size) override {
    BB_TRY_ASSIGN(const std::uint64_t before, this->size());
    if (size == 0) return {};
    // The C library falls back to writing into every block where the file system cannot
    // reserve; it keeps what the file holds.
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(fd_.get(), 0, static_cast<::off_t>(size));
    if (error == 0) return {};
    if (size > before) BB_TRY(truncate(before));
    return system_failure("reserve room for", path_, error);
  }

  // Locks of the open file description (fcntl(2)): those of the process would be lost as soon
  // as any other descriptor of the file is closed, and flock() cannot be asked who has it.
  Result<void> lock() override {
    struct flock whole = whole_file();
    if (uninterrupted([&] { return ::fcntl(fd_.get(), F_OFD_SETLKW, &whole); }) < 0) {
      return system_failure("lock", path_, errno);
    }
    return {};
  }

  Result<bool> try_lock() override {
    struct flock whole = whole_file();
    if (::fcntl(fd_.get(), F_OFD_SETLK, &whole) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    return system_failure("lock", path_, errno);
  }

  Result<bool> is_locked_by_other() const override {
    struct flock whole = whole_file();
    if (::fcntl(fd_.get(), F_OFD_GETLK, &whole) < 0)
      return system_failure("ask for the lock of", path_, errno);
    return whole.l_type != F_UNLCK;
  }

 private:
  static struct flock whole_file() {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
  }

  Descriptor fd_;
  std::string path_;
};

class PosixFolder final : public Folder {
 public:
  PosixFolder(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::shared_ptr<File>> open_file(std::string_view name, OpenMode mode) override {
    int flags = O_CLOEXEC | (mode == OpenMode::kRead ? O_RDONLY : O_RDWR);
    if (mode == OpenMode::kCreate) flags |= O_CREAT;
    const std::string text(name);
    Descriptor fd(
        uninterrupted([&] { return ::openat(fd_.get(), text.c_str(), flags, kFileMode); }));
    if (fd.get() < 0) return system_failure("open", path_of(name), errno);
    return std::make_shared<PosixFile>(std::move(fd), path_of(name));
  }

  Result<std::vector<std::string>> list() const override {
    // A descriptor of its own: reading a folder moves the descriptor's place.
    const int fd = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::DIR* const folder = fd < 0 ? nullptr : ::fdopendir(fd);
    if (folder == nullptr) {
      const int error = errno;
      if (fd >= 0) ::close(fd);
      return system_failure("list", path_, error);
    }
    std::vector<std::string> names;
    int error = 0;
    for (;;) {
      errno = 0;
      const ::dirent* const entry = ::readdir(folder);
      error = errno;
      if (entry == nullptr) break;
      struct stat status{};
      if (::fstatat(fd_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISREG(status.st_mode)) {
        names.emplace_back(entry->d_name);
      }
    }
    ::closedir(folder);
    if (error != 0) return system_failure("list", path_, error);
    std::ranges::sort(names);
    return names;
  }

  Result<void> rename(std::string_view from, std::string_view to) override {
    const std::string source(from);
    const std::string target(to);
    if (::renameat(fd_.get(), source.c_str(), fd_.get(), target.c_str()) < 0) {
      return system_failure("rename", path_of(from), errno);
    }
    return {};
  }

  Result<void> remove(std::string_view name) override {
    const std::string text(name);
    if (::unlinkat(fd_.get(), text.c_str(), 0) < 0) {
      return system_failure("remove", path_of(name), errno);
    }
    return {};
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fsync(fd_.get()); }) < 0) {
      return system_failure("sync", path_, errno);
    }
    return {};
  }

  Result<std::uint64_t> free_bytes() const override {
    struct statvfs status{};
    if (::fstatvfs(fd_.get(), &status) < 0) return system_failure("measure", path_, errno);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }

  std::string path_of(std::string_view name) const override {
    return fmt::format("{}/{}", path_, name);
  }

 private:
  Descriptor fd_;
  std::string path_;
};

Result<Descriptor> open_folder(const std::string& path) {
  Descriptor fd(
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (fd.get() < 0) return system_failure("open", path, errno);
  return fd;
}

}  // namespace

Result<std::unique_ptr<Folder>> open_posix_folder(const std::string& path) {
  if (::mkdir(path.c_str(), kFolderMode) == 0) {
    // "a/b/" and "b" have parents too.
    std::filesystem::path parent = std::filesystem::path(path).lexically_normal();
    if (!parent.has_filename()) parent = parent.parent_path();
    parent = parent.parent_path();
    BB_TRY_ASSIGN(const Descriptor fd, open_folder(parent.empty() ? "." : parent.string()));
    if (::fsync(fd.get()) < 0) return system_failure("sync", parent.string(), errno);
  } else if (errno != EEXIST) {
    return system_failure("make", path, errno);
  }
  BB_TRY_ASSIGN(Descriptor fd, open_folder(path));
  return std::make_unique<PosixFolder>(std::move(fd), path);
}

}  // namespace bb::io
