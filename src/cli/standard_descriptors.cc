#include "cli/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace bb::cli {

bool hold_standard_descriptors() {
  // Opened the wrong way round, so that reading the first and writing the second fails.
  constexpr std::array<std::pair<int, int>, 3> kDescriptors{{
      {STDIN_FILENO, O_WRONLY},
      {STDOUT_FILENO, O_RDONLY},
      {STDERR_FILENO, O_WRONLY},
  }};
  for (const auto& [fd, mode] : kDescriptors) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free: this one, for those below are taken.
    if (::open("/dev/null", mode) != fd) return false;
  }
  return true;
}

}  // namespace bb::cli
