// A stream of bytes, cut into lines without copying them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace bb::cli {

// A line of events is at most this long.
inline constexpr std::size_t kLineBytesMax = std::size_t{16} << 20;

struct BulkLine {
  std::string_view text;   // without its line break, \n or \r\n
  std::size_t number = 1;  // from 1
  bool too_long = false;   // longer than was agreed: `text` is empty
};

// Whether there is nothing but white space in the line.
bool is_blank(std::string_view line);

// Bytes go in at one end, whole lines come out at the other. Memory: the longest line there may be
// and one read, at most.
class LineBuffer {
 public:
  LineBuffer(std::size_t line_bytes_max, std::size_t read_bytes)
      : line_bytes_max_(line_bytes_max), read_bytes_(read_bytes) {}

  // Room for the next bytes. Lines that were given are no longer good.
  std::span<char> space();
  // So many bytes were put there.
  void add(std::size_t bytes) { end_ += bytes; }
  // No bytes follow: what is there is the last line.
  void finish() { finished_ = true; }

  // The next line; none until more bytes come, or ever again after finish().
  std::optional<BulkLine> next();

  // Whether next() has given all there will ever be.
  bool is_finished() const { return finished_ && begin_ == end_ && !dropping_; }

  // Of all lines that next() gave, line breaks included.
  std::uint64_t consumed_bytes() const { return consumed_bytes_; }

 private:
  BulkLine take(std::size_t bytes, std::size_t break_bytes);

  std::size_t line_bytes_max_;
  std::size_t read_bytes_;
  std::vector<char> bytes_;
  std::size_t begin_ = 0;    // of the line that is next
  std::size_t scanned_ = 0;  // no line break before here
  std::size_t end_ = 0;
  std::size_t line_number_ = 0;
  std::uint64_t consumed_bytes_ = 0;
  bool dropping_ = false;  // the line that is next is too long, and its beginning is gone
  bool finished_ = false;
};

}  // namespace bb::cli
