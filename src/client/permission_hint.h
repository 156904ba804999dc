// Which permissions somebody needs, as a command that gives them.
#pragma once

#include <string>
#include <string_view>

namespace bb::client {

// "bb user permit USER --configure ... --write ... --read ..." for a service: RabbitMQ asks for
// `configure` and `read` of the exchange that is declared and bound, for all three of the queue and
// of those beside it, and for `write` of the default exchange, over which what failed goes on
// (https://www.rabbitmq.com/access-control.html#authorisation).
std::string service_permissions(std::string_view user, std::string_view exchange,
                                std::string_view queue);

}  // namespace bb::client
