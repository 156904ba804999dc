#include "log/read_window.h"

#include <algorithm>

namespace bb::log {

Result<ByteView> ReadWindow::fill(const io::File& file, std::uint64_t key, std::uint64_t offset,
                                  std::uint64_t bytes_min, std::uint64_t limit) {
  const std::uint64_t size =
      offset >= limit ? 0
                      : std::min(limit - offset, std::max<std::uint64_t>(window_bytes_, bytes_min));
  // The memory of one large record is not kept for ever.
  if (content_.capacity() > 2 * window_bytes_ && size <= window_bytes_) content_.reset();
  content_.clear();
  key_ = key;
  begin_ = offset;
  const auto read = file.read_at(offset, {content_.extend(size), size});
  content_.truncate(read.value_or(0));
  if (!read) return fail(read.error());
  return content_.view();
}

}  // namespace bb::log
