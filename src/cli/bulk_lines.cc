#include "cli/bulk_lines.h"

#include <cstring>

namespace bb::cli {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::span<char> LineBuffer::space() {
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_.size() < end_ + read_bytes_) bytes_.resize(end_ + read_bytes_);
  return std::span(bytes_).subspan(end_, read_bytes_);
}

BulkLine LineBuffer::take(std::size_t bytes, std::size_t break_bytes) {
  BulkLine line;
  line.number = ++line_number_;
  line.too_long = dropping_ || bytes > line_bytes_max_;
  line.text = {bytes_.data() + begin_, line.too_long ? 0 : bytes};
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  dropping_ = false;
  begin_ += bytes + break_bytes;
  scanned_ = begin_;
  consumed_bytes_ += bytes + break_bytes;
  return line;
}

std::optional<BulkLine> LineBuffer::next() {
  if (scanned_ < end_) {
    if (const void* const found = std::memchr(bytes_.data() + scanned_, '\n', end_ - scanned_)) {
      const char* const at = static_cast<const char*>(found);
      return take(static_cast<std::size_t>(at - bytes_.data()) - begin_, 1);
    }
    scanned_ = end_;
  }
  if (finished_) {
    if (begin_ == end_ && !dropping_) return std::nullopt;
    return take(end_ - begin_, 0);
  }
  if (end_ - begin_ > line_bytes_max_) {
    dropping_ = true;
    consumed_bytes_ += end_ - begin_;
    begin_ = scanned_ = end_;
  }
  return std::nullopt;
}

}  // namespace bb::cli
