// What a basic.return of 312 says.
#pragma once

#include <string_view>

namespace bb::amqp {

// No queue received the message.
inline constexpr std::string_view kNoRoute = "NO_ROUTE";
// The same, but the history of its exchange has it: "History" in README.md. RabbitMQ has none.
inline constexpr std::string_view kKeptInHistory = "NO_ROUTE - kept in the history alone";

}  // namespace bb::amqp
