// What a connection and its channels share inside the protocol machine: where frames
// and events go, and the limits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "amqp/constants.h"
#include "base/bytes.h"
#include "bloodbank/result.h"
#include "client/events.h"

namespace bb::client {

// Calls of one channel that wait for an answer, and messages that wait for a confirm: no
// program in its right mind has as many, and each costs memory.
inline constexpr std::size_t kPendingCallsMax = 65536;
inline constexpr std::size_t kUnconfirmedMax = 1 << 20;

struct Link {
  std::string peer;  // "host:port", for messages
  std::uint64_t body_bytes_max = 0;
  std::uint64_t output_bytes_max = 0;
  std::uint32_t frame_max_bytes = amqp::kDefaultFrameMaxBytes;  // as negotiated
  bool closing = false;  // the connection says goodbye: deliveries are of no use any more

  Buffer output;
  Buffer scratch;  // encoded properties of the message being published
  std::vector<Event> events;
  std::uint64_t calls_made = 0;

  // kResourceError when `bytes` more would exceed output_bytes_max.
  Result<void> check_room(std::size_t bytes) const;
};

}  // namespace bb::client
