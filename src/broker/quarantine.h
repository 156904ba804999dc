// What becomes of a message that its exchange refused: pure functions over its properties.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/message_validator.h"
#include "broker/queue.h"

namespace bb::broker {

// The queue that keeps what the exchange refused: "<exchange>.quarantine".
std::string quarantine_name(std::string_view exchange);

// Durable, and drops the oldest when the bodies take more than `bytes_max`.
Queue::Properties quarantine_properties(std::uint64_t bytes_max);

// The properties of a refused message from now on. Headers that it gets:
//
//   x-refused-reason       text
//   x-refused-violations   array of tables {pointer, expected, found}, all text
//   x-refused-exchange     text
//   x-refused-routing-key  text
//   x-refused-time         timestamp
//
// It becomes persistent and does not expire. `properties` are well-formed. Headers that no table
// has room for (kTableEntriesMax), or that would make more than `bytes_max`, give way to those
// above: they could not be delivered.
std::string quarantined_properties(const ValidatedMessage& message, const Refusal& refusal,
                                   std::uint64_t time_seconds, std::string_view properties,
                                   std::size_t bytes_max);

}  // namespace bb::broker
