// Messages as the client's users see them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "amqp/properties.h"
#include "bloodbank/result.h"

namespace bb::client {

// A message to publish. Everything is borrowed for the length of the call.
struct OutgoingMessage {
  std::string_view exchange = {};
  std::string_view routing_key = {};
  amqp::BasicProperties properties = {};
  std::string_view body = {};
  // With mandatory the broker returns the message when no queue received it.
  bool mandatory = true;
};

// What became of a published message. With neither `nacked` nor `returned` it is
// in at least one queue and, if persistent, on the broker's disk.
struct Confirm {
  std::uint64_t sequence = 0;    // what publish() gave
  bool nacked = false;           // the broker refused responsibility
  bool returned = false;         // no queue received it
  std::string return_text = {};  // the broker's reason: "NO_ROUTE"
};

// A message that was delivered or got. Owns everything; properties() borrows from it.
struct Delivery {
  std::string consumer_tag;  // empty for get()
  std::uint64_t delivery_tag = 0;
  bool redelivered = false;
  std::string exchange;
  std::string routing_key;
  std::string encoded_properties;  // flags and list; already checked
  std::string body;

  amqp::BasicProperties properties() const;
};

}  // namespace bb::client
