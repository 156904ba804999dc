#include "broker/consumer_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <variant>

#include "base/try.h"
#include "base/utf8.h"
#include "broker/arguments.h"
#include "broker/queue_arguments.h"

namespace bb::broker {
namespace {

constexpr std::string_view kStreamOffset = "x-stream-offset";
constexpr std::size_t kQuotedBytesMax = 100;

struct KnownArgument {
  std::string_view name;
  unsigned types;
};
constexpr auto kKnown = std::to_array<KnownArgument>({
    {"x-priority", kClassicQueues | kQuorumQueues},
    {"x-cancel-on-ha-failover", kClassicQueues},
    {kStreamOffset, kStreams},
});

bool has_argument(QueueType type, const KnownArgument& argument) {
  return (argument.types & (1u << static_cast<unsigned>(type))) != 0;
}

// As Erlang prints it. RabbitMQ 3.10 has an internal error where the value is neither text that
// ends like an interval nor a number.
std::unexpected<Error> refuse_offset(const amqp::FieldValue& value, std::string_view what) {
  const std::string* const text = value.as_string();
  std::string printed = text == nullptr
                            ? amqp::to_string(value)
                            : fmt::format("<<\"{}\">>", printable(*text, kQuotedBytesMax));
  std::erase(printed, '\'');
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("invalid arg '{}' for {}: {{invalid_stream_offset_arg,{{{},{}}}}}",
                          kStreamOffset, what, amqp::type_name(value), printed));
}

Result<StreamStart> start_of(const amqp::FieldValue& value, std::string_view what,
                             std::int64_t wall_ms) {
  using Kind = StreamStart::Kind;
  if (const std::string* const text = value.as_string()) {
    if (*text == "first") return StreamStart{.kind = Kind::kFirst};
    if (*text == "last") return StreamStart{.kind = Kind::kLast};
    if (*text == "next") return StreamStart{.kind = Kind::kNext};
    if (const auto age = parse_age(*text)) {
      return StreamStart{.kind = Kind::kTime, .time_ms = wall_ms - age->count()};
    }
    return refuse_offset(value, what);
  }
  if (const auto* const time = std::get_if<amqp::FieldTimestamp>(&value.value)) {
    constexpr std::uint64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / 1000;
    return StreamStart{
        .kind = Kind::kTime,
        .time_ms = static_cast<std::int64_t>(std::min(time->seconds, kSecondsMax)) * 1000};
  }
  if (const auto offset = value.as_integer()) {
    if (*offset < 0) return StreamStart{.kind = Kind::kFirst};
    return StreamStart{.kind = Kind::kOffset, .offset = static_cast<std::uint64_t>(*offset)};
  }
  return refuse_offset(value, what);
}

}  // namespace

Result<ConsumerArguments> parse_consumer_arguments(QueueType type,
                                                   const amqp::FieldTable& arguments,
                                                   std::string_view what, std::int64_t wall_ms) {
  for (const KnownArgument& known : kKnown) {
    if (has_argument(type, known) || arguments.find(known.name) == nullptr) continue;
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("invalid arg '{}' for {} of queue type {}", known.name, what, type_name(type)));
  }
  ConsumerArguments parsed;
  BB_TRY_ASSIGN(parsed.priority, consumer_priority(arguments, what));
  if (const amqp::FieldValue* const offset = arguments.find(kStreamOffset)) {
    BB_TRY_ASSIGN(parsed.start, start_of(*offset, what, wall_ms));
  }
  return parsed;
}

}  // namespace bb::broker
