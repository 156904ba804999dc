// Borrowed bytes, and a growable buffer that is written at the end and consumed
// from the front.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace bb {

using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads an unsigned big-endian integer; `at` has at least sizeof(T) bytes.
template <class T>
T load_big_endian(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  return value;
}

template <class T>
void store_big_endian(std::byte* at, T value) {
  if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}

// An output buffer. Growth doubles, so appending is amortised constant; memory
// that is appended is not cleared first. Empty after it was moved from. Not
// thread-safe.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::move(other.data_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }

  // Adds `size` bytes of unspecified content and returns where they start. The
  // pointer is valid until the next call that grows the buffer.
  std::byte* extend(std::size_t size) {
    if (capacity_ - end_ < size) grow(size);
    std::byte* at = data_.get() + end_;
    end_ += size;
    return at;
  }

  void append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  void append(std::string_view text) { append(as_bytes(text)); }

  template <class T>
  void append_integer(T value) {
    store_big_endian(extend(sizeof value), value);
  }

  // The byte at `offset` from the front, for patching a length written earlier.
  std::byte* at(std::size_t offset) {
    BB_ASSERT(offset <= size());
    return data_.get() + begin_ + offset;
  }

  // Drops `size` bytes from the front.
  void consume(std::size_t size) {
    BB_ASSERT(size <= this->size());
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Drops everything after the first `size` bytes.
  void truncate(std::size_t size) {
    BB_ASSERT(size <= this->size());
    end_ = begin_ + size;
  }

  void clear() { begin_ = end_ = 0; }
  // Empties the buffer and gives its memory back.
  void reset() {
    clear();
    data_.reset();
    capacity_ = 0;
  }

  ByteView view() const { return {data_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return begin_ == end_; }

 private:
  void grow(std::size_t extra);

  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// Reads big-endian fields from the front of borrowed bytes. A read past the end
// sets failed() and returns zeros and empty views from then on, so that a
// decoder may read a whole structure and check once. Not thread-safe.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  template <class T>
  T integer() {
    if (!has(sizeof(T))) return 0;
    const T value = load_big_endian<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }

  ByteView bytes(std::size_t size) {
    if (!has(size)) return {};
    const ByteView head = rest_.first(size);
    rest_ = rest_.subspan(size);
    return head;
  }

  ByteView rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }
  bool failed() const { return failed_; }
  void set_failed() {
    failed_ = true;
    rest_ = {};
  }

 private:
  bool has(std::size_t size) {
    if (rest_.size() >= size) return true;
    set_failed();
    return false;
  }

  ByteView rest_;
  bool failed_ = false;
};

}  // namespace bb
