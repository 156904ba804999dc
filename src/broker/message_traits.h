// What the properties of a message ask of the queues that it is in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "broker/message.h"

namespace bb::broker {

// kPreconditionFailed, in RabbitMQ's words, unless it is milliseconds in decimal, at most ten
// years.
Result<void> check_expiration(std::string_view expiration);

// Cheap for messages without that property. The properties are well-formed, and the expiration was
// checked.
std::optional<std::chrono::milliseconds> message_ttl(const Message& message);
std::uint8_t message_priority(const Message& message);

// The properties with the header `x-delivery-count`: a quorum queue tells how often a message came
// back. Unchanged when the headers have no room for it.
std::string with_delivery_count(std::string_view properties, std::uint32_t count);

}  // namespace bb::broker
