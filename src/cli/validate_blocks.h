// A file in blocks of whole lines, for several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"

namespace bb::cli {

// Some lines of a file. Its memory is used again from one block to the next.
struct LineBlock {
  std::vector<char> bytes;
  std::size_t size = 0;         // of what is in `bytes`
  std::uint64_t index = 0;      // counts the blocks of a file from 0
  std::size_t first_line = 1;   // from 1
  std::uint64_t end_bytes = 0;  // where in the file it ends
  // It stands for one line that is longer than there may be; `size` is 0.
  bool too_long = false;

  std::string_view text() const { return {bytes.data(), size}; }
};

// Thread-safe.
class BlockReader {
 public:
  // `fd` stays the caller's. `name` is for messages.
  BlockReader(int fd, std::string name, std::size_t block_bytes, std::size_t line_bytes_max)
      : fd_(fd),
        name_(std::move(name)),
        block_bytes_(block_bytes),
        line_bytes_max_(line_bytes_max) {}

  // Fills `block` with the next lines. False at the end, and after an error: see error().
  bool next(LineBlock& block);
  // Makes every later next() give false.
  void stop();

  // Whether everything has been given out, as far as is known without reading.
  bool at_end();
  // What ended the reading early.
  Result<void> result();

 private:
  // Reads once, at the end of `block`. False at the end of the file or after an error.
  bool read_more(LineBlock& block);
  bool next_locked(LineBlock& block);
  void finish_too_long(LineBlock& block);

  const int fd_;
  const std::string name_;
  const std::size_t block_bytes_;
  const std::size_t line_bytes_max_;
  std::mutex mutex_;         // of what follows
  std::vector<char> carry_;  // the beginning of a line, behind the block before
  std::uint64_t next_index_ = 0;
  std::size_t next_line_ = 1;
  std::uint64_t read_bytes_ = 0;
  bool ended_ = false;  // nothing more to read
  Result<void> result_;
};

// How many line breaks there are.
std::size_t count_line_breaks(std::string_view text);

}  // namespace bb::cli
