// The x-arguments of basic.consume.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "bloodbank/result.h"
#include "broker/queue_policy.h"

namespace bb::broker {

// Where the reader of a stream begins: `x-stream-offset`
// (https://www.rabbitmq.com/streams.html#consuming).
struct StreamStart {
  enum class Kind : std::uint8_t {
    kFirst,
    kLast,    // with the last message that is there
    kNext,    // with the first one that comes from now on
    kOffset,  // with this one, or the first that is there behind it
    kTime,    // with what was published from then on
  };
  Kind kind = Kind::kNext;
  std::uint64_t offset = 0;
  std::int64_t time_ms = 0;  // since 1970
};

struct ConsumerArguments {
  std::int64_t priority = 0;
  StreamStart start;
};

// For a consumer of a queue of that type. kPreconditionFailed: an argument that the type does not
// have, or a value that it does not take. `what` is as describe() gives it, `wall_ms` is now.
Result<ConsumerArguments> parse_consumer_arguments(QueueType type,
                                                   const amqp::FieldTable& arguments,
                                                   std::string_view what, std::int64_t wall_ms);

}  // namespace bb::broker
