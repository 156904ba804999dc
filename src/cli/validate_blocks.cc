#include "cli/validate_blocks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

namespace bb::cli {

std::size_t count_line_breaks(std::string_view text) {
  // Eight bytes at a time: in `x` those that are line breaks are 0, in `marks` these have their top
  // bit and the others nothing.
  constexpr std::uint64_t kBreaks = 0x0A0A0A0A0A0A0A0A;
  constexpr std::uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
  std::size_t count = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t x = 0;
    std::memcpy(&x, text.data() + at, 8);
    x ^= kBreaks;
    const std::uint64_t marks = ~(((x & kLow) + kLow) | x | kLow);
    count += static_cast<std::size_t>(std::popcount(marks));
  }
  for (; at < text.size(); ++at) count += text[at] == '\n' ? 1 : 0;
  return count;
}

bool BlockReader::read_more(LineBlock& block) {
  if (ended_) return false;
  if (block.bytes.size() < block.size + block_bytes_) block.bytes.resize(block.size + block_bytes_);
  for (;;) {
    const ssize_t count = ::read(fd_, block.bytes.data() + block.size, block_bytes_);
    if (count > 0) {
      block.size += static_cast<std::size_t>(count);
      read_bytes_ += static_cast<std::size_t>(count);
      return true;
    }
    if (count < 0 && errno == EINTR) continue;
    ended_ = true;
    if (count < 0) {
      result_ =
          fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", name_, std::strerror(errno)));
    }
    return false;
  }
}

// Drops the rest of the line that `block` holds the beginning of.
void BlockReader::finish_too_long(LineBlock& block) {
  block.too_long = true;
  for (;;) {
    const void* const found = std::memchr(block.bytes.data(), '\n', block.size);
    if (found != nullptr) {
      const char* const behind = static_cast<const char*>(found) + 1;
      carry_.assign(behind, static_cast<const char*>(block.bytes.data()) + block.size);
      break;
    }
    block.size = 0;
    if (!read_more(block)) break;
  }
  block.size = 0;
  ++next_line_;
}

bool BlockReader::next_locked(LineBlock& block) {
  block.too_long = false;
  block.size = carry_.size();
  if (block.bytes.size() < block.size) block.bytes.resize(block.size);
  std::copy(carry_.begin(), carry_.end(), block.bytes.begin());
  carry_.clear();
  block.index = next_index_;
  block.first_line = next_line_;

  std::size_t searched = 0;
  const char* last_break = nullptr;
  while (last_break == nullptr || block.size < block_bytes_) {
    if (!read_more(block)) break;
    const void* const found = ::memrchr(block.bytes.data() + searched, '\n', block.size - searched);
    searched = block.size;
    if (found != nullptr) last_break = static_cast<const char*>(found);
    if (last_break == nullptr && block.size > line_bytes_max_) break;
  }
  // Growing moved the bytes.
  last_break = static_cast<const char*>(::memrchr(block.bytes.data(), '\n', block.size));
  if (block.size == 0 || !result_) return false;
  ++next_index_;
  if (last_break == nullptr && block.size > line_bytes_max_) {
    finish_too_long(block);
  } else {
    const std::size_t whole = ended_ || last_break == nullptr
                                  ? block.size
                                  : static_cast<std::size_t>(last_break - block.bytes.data()) + 1;
    carry_.assign(block.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  block.bytes.begin() + static_cast<std::ptrdiff_t>(block.size));
    block.size = whole;
    next_line_ += count_line_breaks(block.text());
  }
  block.end_bytes = read_bytes_ - carry_.size();
  return true;
}

bool BlockReader::next(LineBlock& block) {
  const std::lock_guard lock(mutex_);
  return next_locked(block);
}

void BlockReader::stop() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  carry_.clear();
}

bool BlockReader::at_end() {
  const std::lock_guard lock(mutex_);
  return ended_ && carry_.empty();
}

Result<void> BlockReader::result() {
  const std::lock_guard lock(mutex_);
  return result_;
}

}  // namespace bb::cli
