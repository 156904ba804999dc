// Messages that wait in the storage: a few bytes for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "broker/queued_message.h"

namespace bb::broker {

// First in, first out. Entries are kept as differences in variable-length integers, so that one
// costs about five bytes; a message that the storage does not keep stays in memory, in its place.
// Not thread-safe.
class PagedMessages {
 public:
  // `gauge` outlives it; what the entries take is counted there.
  explicit PagedMessages(MemoryGauge& gauge) : gauge_(gauge) {}
  ~PagedMessages() { clear(); }
  PagedMessages(const PagedMessages&) = delete;
  PagedMessages& operator=(const PagedMessages&) = delete;

  // The message itself is dropped if it has a position, which is then larger than that of every one
  // before. Sequences are not kept.
  void push(QueuedMessage message);
  // The first, without its sequence. It is not empty.
  QueuedMessage pop();
  // Each in order; `message` is null in those that have a position.
  void for_each(const std::function<void(const QueuedMessage&)>& visit) const;
  void clear();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  struct Chunk {
    std::vector<std::uint8_t> bytes;
    std::size_t read = 0;
  };
  // Where a reader of the entries is.
  struct Cursor {
    Position position = 0;
    QueuedMessage take(const std::uint8_t*& at);
  };

  MemoryGauge& gauge_;
  std::deque<Chunk> chunks_;
  std::deque<Message::Ptr> in_memory_;  // of the entries without a position, in order
  Position last_pushed_ = 0;
  Cursor front_;
  std::size_t size_ = 0;
};

}  // namespace bb::broker
