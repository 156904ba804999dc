// Many texts, one a line: read in blocks, checked by several threads, told in order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "cli/validate_check.h"

namespace bb::cli {

struct ValidateCounts {
  std::uint64_t valid = 0;
  std::uint64_t invalid = 0;
  std::uint64_t unknown = 0;  // told by on_error

  ValidateCounts& operator+=(const ValidateCounts& other) {
    valid += other.valid;
    invalid += other.invalid;
    unknown += other.unknown;
    return *this;
  }
  std::uint64_t all() const { return valid + invalid + unknown; }
};

struct ValidateLinesJob {
  int fd = -1;  // read to its end
  std::string name;
  bool explain_all = false;  // valid lines have something to say, too
  unsigned threads = 1;      // with the calling one
  std::size_t block_bytes = std::size_t{1} << 20;
  // Gives each thread a checker of its own; called by that thread.
  std::function<TextChecker()> make_checker;
  // These are called by one thread at a time, in the order of the lines. on_output gets whole
  // lines; false: nobody reads any more, and the run ends early.
  std::function<bool(std::string_view text)> on_output;
  std::function<void(const Error& error)> on_error;
  std::function<void(std::uint64_t bytes, const ValidateCounts& counts)> on_progress;
};

// A small input is checked by the calling thread alone. Memory: a few megabytes for each thread,
// and the longest lines (kLineBytesMax at most; a longer one is invalid). kIo where reading failed,
// after the lines before that.
Result<ValidateCounts> validate_lines(const ValidateLinesJob& job);

}  // namespace bb::cli
