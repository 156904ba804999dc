#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "io/read_file.h"
#include "schema/repository_names.h"
#include "schema/repository_source.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

constexpr std::string_view kFileScheme = "file://";

std::int64_t to_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = to_ns(status.st_mtim),
          .changed_ns = to_ns(status.st_ctim)};
}

bool is_usable(const struct stat& status) {
  return S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) <= kSchemaBytesMax;
}

// The path without symbolic links; nothing if it is not there.
std::optional<std::string> real_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return std::nullopt;
  return resolved;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

class Folder {
 public:
  explicit Folder(const std::string& path) : stream_(::opendir(path.c_str())) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    if (stream_ != nullptr) ::closedir(stream_);
  }
  // The next entry; null at the end, and where there is no such folder.
  const dirent* next() { return stream_ == nullptr ? nullptr : ::readdir(stream_); }
  int descriptor() const { return ::dirfd(stream_); }

 private:
  DIR* stream_;
};

enum class EntryKind { kFile, kFolder, kLink, kOther };

EntryKind kind_of(const Folder& folder, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return EntryKind::kFile;
    case DT_DIR:
      return EntryKind::kFolder;
    case DT_LNK:
      return EntryKind::kLink;
    case DT_UNKNOWN:
      break;  // not every file system says
    default:
      return EntryKind::kOther;
  }
  struct stat status{};
  if (::fstatat(folder.descriptor(), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return EntryKind::kOther;
  }
  if (S_ISREG(status.st_mode)) return EntryKind::kFile;
  if (S_ISDIR(status.st_mode)) return EntryKind::kFolder;
  return S_ISLNK(status.st_mode) ? EntryKind::kLink : EntryKind::kOther;
}

bool is_entered(std::string_view folder_name) {
  return !folder_name.starts_with('.') && folder_name != "node_modules";
}

std::string percent_encoded(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

class FolderSource final : public SchemaSource {
 public:
  FolderSource(std::string root, std::string display_name)
      : root_(std::move(root)),
        display_name_(std::move(display_name)),
        uri_prefix_(fmt::format("{}{}/", kFileScheme, percent_encoded(root_))) {}

  std::optional<FileStamp> stamp(const std::string& path) const override {
    const auto real = locate(path);
    struct stat status{};
    if (!real || ::lstat(real->c_str(), &status) != 0 || !is_usable(status)) return std::nullopt;
    return stamp_of(status);
  }

  Result<SchemaFile> read(const std::string& path) const override {
    const auto real = locate(path);
    if (!real) return not_there(path);
    // A pipe must not be waited for, and the link that locate() saw through must not come back.
    const Descriptor file(
        ::open(real->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
    if (!file.is_open()) {
      return errno == EACCES || errno == EPERM || errno == EMFILE || errno == ENFILE || errno == EIO
                 ? cannot_read(path, errno)
                 : not_there(path);
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0 || !is_usable(status)) return not_there(path);
    auto text = io::read_descriptor(file.get(), display_path(path), kSchemaBytesMax);
    if (text) return SchemaFile{.text = *std::move(text), .stamp = stamp_of(status)};
    // It grew while it was read.
    if (text.error().code == ErrorCode::kContentTooLarge) return not_there(path);
    return fail(std::move(text).error());
  }

  std::optional<Error> obstacle(const std::string& folder,
                                const std::string& file_name) const override {
    const std::string path = fmt::format("{}/{}", folder, file_name);
    if (!is_contained_path(path)) return std::nullopt;
    struct stat status{};
    if (::stat(fmt::format("{}/{}", root_, path).c_str(), &status) != 0) {
      if (errno == EACCES) return cannot_read(folder, EACCES).error();
      return std::nullopt;
    }
    if (!locate(path) || !S_ISREG(status.st_mode) || is_usable(status)) return std::nullopt;
    return Error{ErrorCode::kInvalidSchema,
                 fmt::format("{} is larger than {} MiB, too large for a schema", display_path(path),
                             kSchemaBytesMax >> 20)};
  }

  std::vector<std::string> list_folder(const std::string& folder) const override {
    std::vector<std::string> names;
    const auto real = locate(folder);
    if (!real) return names;
    Folder entries(*real);
    std::size_t seen = 0;
    while (const dirent* const entry = entries.next()) {
      if (++seen > kFolderEntriesMax || names.size() == kSchemaFilesMax) break;
      const std::string_view name = entry->d_name;
      if (name.ends_with(".json")) names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::vector<std::string> list_all(std::size_t files_max) const override {
    std::vector<std::string> paths;
    // Folders still to be read, with their depth; each is below the root and no link.
    std::vector<std::pair<std::string, std::size_t>> pending{{"", 0}};
    std::size_t seen = 0;
    while (!pending.empty()) {
      const auto [folder, depth] = std::move(pending.back());
      pending.pop_back();
      Folder entries(folder.empty() ? root_ : fmt::format("{}/{}", root_, folder));
      while (const dirent* const entry = entries.next()) {
        if (++seen > kFolderEntriesMax || paths.size() == files_max) break;
        const std::string_view name = entry->d_name;
        std::string path = folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
        const EntryKind kind = kind_of(entries, *entry);
        if (kind == EntryKind::kFolder) {
          if (is_entered(name) && depth < kFolderDepthMax) {
            pending.emplace_back(std::move(path), depth + 1);
          }
        } else if (name.ends_with(".json")) {
          const bool there =
              kind == EntryKind::kFile || (kind == EntryKind::kLink && stamp(path).has_value());
          if (there) paths.push_back(std::move(path));
        }
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  std::string uri_of(std::string_view path) const override {
    return uri_prefix_ + percent_encoded(path);
  }

  std::optional<std::string> path_of(std::string_view uri) const override {
    for (const std::string_view prefix : {std::string_view(uri_prefix_), kSchemaUriPrefix}) {
      if (!uri.starts_with(prefix)) continue;
      auto path = decode_percent(uri.substr(prefix.size()));
      if (path && is_contained_path(*path)) return *std::move(path);
    }
    return std::nullopt;
  }

  std::string display_path(std::string_view path) const override {
    return fmt::format("{}{}{}", display_name_, display_name_.ends_with('/') ? "" : "/", path);
  }

  std::string with_display_paths(std::string message) const override {
    const std::string shown = display_path("");
    for (const std::string& prefix : {uri_prefix_, root_ + "/"}) {
      for (std::size_t at = message.find(prefix); at != std::string::npos;
           at = message.find(prefix, at + shown.size())) {
        message.replace(at, prefix.size(), shown);
      }
    }
    return message;
  }

 private:
  // Where the file really is, if that is below the root.
  std::optional<std::string> locate(const std::string& path) const {
    if (!is_contained_path(path)) return std::nullopt;
    auto real = real_path(fmt::format("{}/{}", root_, path));
    if (!real) return std::nullopt;
    const auto root = real_path(root_);
    if (!root) return std::nullopt;
    const std::string prefix = root->ends_with('/') ? *root : *root + "/";
    if (!real->starts_with(prefix)) return std::nullopt;
    return real;
  }

  std::unexpected<Error> not_there(std::string_view path) const {
    return fail(ErrorCode::kNotFound, fmt::format("{} is not there", display_path(path)));
  }

  std::unexpected<Error> cannot_read(std::string_view path, int error) const {
    return fail(ErrorCode::kIo,
                fmt::format("cannot read {}: {}", display_path(path), std::strerror(error)));
  }

  std::string root_;
  std::string display_name_;
  std::string uri_prefix_;
};

}  // namespace

std::unique_ptr<SchemaSource> make_folder_source(std::string root, std::string display_name) {
  return std::make_unique<FolderSource>(std::move(root), std::move(display_name));
}

}  // namespace bb::schema
