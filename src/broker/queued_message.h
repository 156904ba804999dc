// A message's place in one queue.
#pragma once

#include <cstdint>

#include "broker/message.h"
#include "broker/storage.h"

namespace bb::broker {

struct QueuedMessage {
  // Null while the message is in the storage alone: MessageList::load().
  Message::Ptr message = nullptr;
  std::uint64_t sequence = 0;  // its place: rises in the order of arrival
  Position position = 0;       // in the storage; 0 when it is not kept there
  std::uint64_t body_bytes = 0;
  std::uint32_t delivery_count = 0;  // times that it came back
  bool redelivered = false;
  std::uint8_t priority = 0;  // at most that of its queue
};

}  // namespace bb::broker
