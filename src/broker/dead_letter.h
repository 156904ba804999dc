// What a message becomes when its queue gives it up: pure functions over its properties. The
// headers are RabbitMQ's (https://www.rabbitmq.com/docs/dlx#effects).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/field_table.h"

namespace bb::broker {

enum class DeathReason : std::uint8_t { kRejected, kExpired, kMaxLength, kDeliveryLimit };

// "rejected", "expired", "maxlen", "delivery_limit".
std::string_view to_string(DeathReason reason);

// How a message ended. Borrows its text.
struct Death {
  std::string_view queue;
  DeathReason reason = DeathReason::kRejected;
  std::uint64_t time_seconds = 0;  // since 1970
  std::string_view exchange;       // that it was published to
  std::string_view routing_key;
  bool new_routing_key = false;  // the queue names another one: CC and BCC no longer count
};

struct DeadLetter {
  DeathReason reason;
  std::string properties;   // flags and list: those of the message from now on
  amqp::FieldArray deaths;  // its x-death: newest first
};

// The properties of a message that died: its death in `x-death`, with a count where it has died of
// the same in the same queue before; `x-first-death-queue`, `-reason` and `-exchange` the first
// time; no expiration. `properties` are well-formed. x-death keeps the newest `deaths_max`
// (at least 1). Headers so many that a table has no room for more (kTableEntriesMax) give way to
// this death alone: without x-death a message could go round for ever.
DeadLetter dead_letter(const Death& death, std::string_view properties, std::size_t deaths_max);

// Whether a message that is routed to `queue` goes round in a circle: it was there before, and
// nobody has rejected it since. Such a message is dropped.
bool is_cycle(const DeadLetter& dead, std::string_view queue);

}  // namespace bb::broker
