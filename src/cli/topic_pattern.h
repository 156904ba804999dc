// Patterns of routing keys, as topic exchanges read them (AMQP 0-9-1 §3.1.3.3).
#pragma once

#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// kUsage where `pattern` cannot be bound, or can match no event: it is empty, longer than an AMQP
// short string, or has '*' or '#' as part of a word, which brokers take literally.
Result<void> check_topic_pattern(std::string_view pattern);

}  // namespace bb::cli
