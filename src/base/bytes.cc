#include "base/bytes.h"

#include <algorithm>

namespace bb {

void Buffer::grow(std::size_t extra) {
  const std::size_t used = size();
  // Half of the room consumed: moving the rest to the front is cheaper than growing.
  if (begin_ >= capacity_ / 2 && capacity_ - used >= extra) {
    if (used > 0) std::memmove(data_.get(), data_.get() + begin_, used);
  } else {
    const std::size_t capacity = std::max({capacity_ * 2, used + extra, std::size_t{512}});
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (used > 0) std::memcpy(larger.get(), data_.get() + begin_, used);
    data_ = std::move(larger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
}

}  // namespace bb
