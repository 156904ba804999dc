#include "cli/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/try.h"

namespace bb::cli {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::string_view kStandardInput = "standard input";

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
                  fmt::format("{} is larger than {} MiB", name, bytes_max >> 20));
    }
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  auto text = read_descriptor(fd, path, bytes_max);
  ::close(fd);
  return text;
}

Result<Input> read_input(const std::string& path_or_dash, std::size_t bytes_max) {
  if (path_or_dash == "-") {
    BB_TRY_ASSIGN(auto text, read_descriptor(STDIN_FILENO, kStandardInput, bytes_max));
    return Input{std::string(kStandardInput), std::move(text)};
  }
  auto text = read_file(path_or_dash, bytes_max);
  if (!text) {
    Error error = std::move(text).error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kIo;
    return fail(std::move(error));
  }
  return Input{path_or_dash, *std::move(text)};
}

Result<Input> read_inline_or_file(std::string_view option, const std::string& value,
                                  std::size_t bytes_max) {
  if (value == "-") return read_input(value, bytes_max);
  if (value.starts_with('@')) {
    // `@-` is standard input as well, as curl has it.
    return read_input(value.substr(1), bytes_max);
  }
  return Input{std::string(option), value};
}

}  // namespace bb::cli
