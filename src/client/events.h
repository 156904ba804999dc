// What the protocol machine tells its shell. Events come in the order of the wire;
// the shell passes them on to waiting calls and handlers after the machine has
// returned, so that a handler may call back into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "bloodbank/result.h"
#include "client/message.h"

namespace bb::client {

// Names a channel for the life of its connection. Channel numbers are used again, keys
// are not: an event of a channel that has gone never reaches its successor.
enum class ChannelKey : std::uint64_t {};

// Names a method that waits for its answer, for the life of its connection.
enum class CallId : std::uint64_t {};

// The answer to a call: whichever fields its method has.
struct Reply {
  std::string text = {};  // the queue's name, or the consumer tag
  std::uint32_t message_count = 0;
  std::uint32_t consumer_count = 0;
  std::optional<Delivery> delivery = {};  // basic.get-ok
};

struct Opened {};  // the handshake is done

struct BlockedChanged {
  bool blocked;
  std::string reason;  // the broker's, while blocked
};

// The end of the connection, or of one channel; nothing of it follows.
struct ConnectionEnded {
  Error error;
  bool by_close;  // close() asked for it
};
struct ChannelEnded {
  ChannelKey channel;
  Error error;
  bool by_close;
};

struct CallDone {
  ChannelKey channel;
  CallId call;
  Result<Reply> result;
};

// Sequence 0: a returned message that cannot be told from the others, because confirms
// are off.
struct Confirmed {
  ChannelKey channel;
  Confirm confirm;
};

struct Delivered {
  ChannelKey channel;
  Delivery delivery;
};

// The broker ended a consumer.
struct ConsumerCancelled {
  ChannelKey channel;
  std::string consumer_tag;
};

using Event = std::variant<Opened, BlockedChanged, ConnectionEnded, ChannelEnded, CallDone,
                           Confirmed, Delivered, ConsumerCancelled>;

}  // namespace bb::client
