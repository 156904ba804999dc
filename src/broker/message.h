// A message inside the broker: one immutable block, shared by every queue it is in.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"

namespace bb::broker {

// Bytes that live messages hold, over one broker.
class MemoryGauge {
 public:
  MemoryGauge() = default;
  MemoryGauge(const MemoryGauge&) = delete;
  MemoryGauge& operator=(const MemoryGauge&) = delete;
  ~MemoryGauge() { BB_ASSERT(bytes_ == 0); }  // messages refer to it to their end

  void add(std::size_t bytes) { bytes_ += bytes; }
  void remove(std::size_t bytes) { bytes_ -= bytes; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

// Header and bytes in a single allocation. The count of references is not atomic:
// messages stay on the broker's executor.
class Message {
 public:
  using Ptr = boost::intrusive_ptr<const Message>;

  // Copies everything. `gauge` outlives the message. Exchange and routing key are
  // short strings; `properties` are a content header's flags and list.
  static Ptr make(MemoryGauge& gauge, std::string_view exchange, std::string_view routing_key,
                  std::string_view properties, std::string_view body, bool persistent,
                  std::int64_t published_ms = 0);

  std::string_view exchange() const { return {bytes(), exchange_size_}; }
  std::string_view routing_key() const { return {bytes() + exchange_size_, routing_key_size_}; }
  std::string_view properties() const {
    return {bytes() + exchange_size_ + routing_key_size_, properties_size_};
  }
  std::string_view body() const {
    return {bytes() + exchange_size_ + routing_key_size_ + properties_size_, body_size_};
  }
  // Exchange, routing key, properties and body, one after the other.
  ByteView block() const {
    return {reinterpret_cast<const std::byte*>(bytes()), block_bytes() - sizeof(Message)};
  }
  bool persistent() const { return persistent_; }
  // Whether its properties may have a BCC, which nobody is shown: see sender_copies.h.
  bool may_have_blind_copies() const { return may_have_blind_copies_; }
  // When the broker took it, in milliseconds since 1970.
  std::int64_t published_ms() const { return published_ms_; }

  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  Message() = default;
  ~Message() = default;

  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  std::size_t block_bytes() const {
    return sizeof(Message) + exchange_size_ + routing_key_size_ + properties_size_ + body_size_;
  }

  // Each reference is an entry of some queue or of some channel's unacknowledged: a small message
  // in many queues is not small.
  static constexpr std::size_t kEntryBytes = 64;
  friend void intrusive_ptr_add_ref(const Message* message) {
    ++message->references_;
    message->gauge_->add(kEntryBytes);
  }
  friend void intrusive_ptr_release(const Message* message) {
    message->gauge_->remove(kEntryBytes);
    if (--message->references_ == 0) destroy(message);
  }
  static void destroy(const Message* message);

  MemoryGauge* gauge_ = nullptr;
  std::uint64_t body_size_ = 0;
  std::int64_t published_ms_ = 0;
  mutable std::uint32_t references_ = 0;
  std::uint32_t properties_size_ = 0;
  std::uint8_t exchange_size_ = 0;
  std::uint8_t routing_key_size_ = 0;
  bool persistent_ = false;
  bool may_have_blind_copies_ = false;
};

}  // namespace bb::broker
