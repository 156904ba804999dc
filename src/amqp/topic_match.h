// One pattern of a topic exchange against one routing key (AMQP 0-9-1 §3.1.3.3).
#pragma once

#include <string_view>

namespace bb::amqp {

// Words are separated by '.': `*` stands for one, `#` for any number, none included. Takes time in
// proportion to the words of the one times those of the other at most. Thread-safe.
bool topic_matches(std::string_view pattern, std::string_view routing_key);

}  // namespace bb::amqp
