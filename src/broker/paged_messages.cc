#include "broker/paged_messages.h"

#include <array>
#include <utility>

#include "base/assert.h"

namespace bb::broker {
namespace {

constexpr std::size_t kChunkBytes = 1024;
// Three integers of 64 bits, each at most ten bytes.
constexpr std::size_t kEntryBytesMax = 30;

// The low bits of an entry's first integer.
constexpr std::uint64_t kInMemory = 1;
constexpr std::uint64_t kRedelivered = 2;
constexpr std::uint64_t kCameBack = 4;  // a delivery count follows
constexpr int kFlagBits = 3;

// Little-endian groups of seven bits, all but the last with the high bit set.
void put(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::uint64_t get(const std::uint8_t*& at) {
  std::uint64_t value = 0;
  int shift = 0;
  for (; *at >= 0x80; ++at, shift += 7) value |= std::uint64_t{*at & 0x7fu} << shift;
  return value | std::uint64_t{*at++} << shift;
}

}  // namespace

void PagedMessages::push(QueuedMessage message) {
  if (chunks_.empty() || chunks_.back().bytes.size() + kEntryBytesMax > kChunkBytes) {
    chunks_.emplace_back().bytes.reserve(kChunkBytes);
    gauge_.add(sizeof(Chunk) + kChunkBytes);
  }
  std::vector<std::uint8_t>& bytes = chunks_.back().bytes;
  std::uint64_t first = 0;
  if (message.position == 0) {
    first |= kInMemory;
  } else {
    BB_ASSERT(message.position > last_pushed_);
    first |= (message.position - std::exchange(last_pushed_, message.position)) << kFlagBits;
  }
  if (message.redelivered) first |= kRedelivered;
  if (message.delivery_count > 0) first |= kCameBack;
  put(bytes, first);
  put(bytes, message.body_bytes);
  if (message.delivery_count > 0) put(bytes, message.delivery_count);
  if (message.position == 0) in_memory_.push_back(std::move(message.message));
  ++size_;
}

QueuedMessage PagedMessages::Cursor::take(const std::uint8_t*& at) {
  QueuedMessage message;
  const std::uint64_t first = get(at);
  if ((first & kInMemory) == 0) message.position = position += first >> kFlagBits;
  message.body_bytes = get(at);
  message.redelivered = (first & kRedelivered) != 0;
  if ((first & kCameBack) != 0) message.delivery_count = static_cast<std::uint32_t>(get(at));
  return message;
}

QueuedMessage PagedMessages::pop() {
  BB_ASSERT(size_ > 0);
  Chunk& chunk = chunks_.front();
  const std::uint8_t* at = chunk.bytes.data() + chunk.read;
  QueuedMessage message = front_.take(at);
  chunk.read = static_cast<std::size_t>(at - chunk.bytes.data());
  if (message.position == 0) {
    message.message = std::move(in_memory_.front());
    in_memory_.pop_front();
  }
  if (chunk.read == chunk.bytes.size()) {
    chunks_.pop_front();
    gauge_.remove(sizeof(Chunk) + kChunkBytes);
  }
  --size_;
  return message;
}

void PagedMessages::for_each(const std::function<void(const QueuedMessage&)>& visit) const {
  Cursor cursor = front_;
  auto in_memory = in_memory_.begin();
  for (const Chunk& chunk : chunks_) {
    const std::uint8_t* const end = chunk.bytes.data() + chunk.bytes.size();
    for (const std::uint8_t* at = chunk.bytes.data() + chunk.read; at != end;) {
      QueuedMessage message = cursor.take(at);
      if (message.position == 0) message.message = *in_memory++;
      visit(message);
    }
  }
}

void PagedMessages::clear() {
  gauge_.remove(chunks_.size() * (sizeof(Chunk) + kChunkBytes));
  chunks_.clear();
  in_memory_.clear();
  front_ = {.position = last_pushed_};
  size_ = 0;
}

}  // namespace bb::broker
