#include "cli/serve_limits.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "amqp/constants.h"

namespace bb::cli {
namespace {

template <class T>
void set(T& target, const std::optional<std::uint64_t>& given) {
  if (given) target = static_cast<T>(*given);
}

// Where every protocol and every counter has room for it.
constexpr std::uint64_t kCountMax = UINT32_MAX;
constexpr std::uint64_t kBytesMax = 1ull << 40;

}  // namespace

void ServeLimits::apply(broker::Options& options) const {
  set(options.connections_max, connections);
  set(options.channel_max, channels);
  set(options.consumers_per_channel_max, consumers);
  set(options.frame_max_bytes, frame_bytes);
  set(options.body_bytes_max, message_bytes);
  set(options.table_fields_max, table_fields);
  set(options.table_depth_max, table_depth);
  set(options.vhosts_max, vhosts);
  set(options.users_max, users);
  set(options.queues_max, queues);
  set(options.exchanges_max, exchanges);
  set(options.bindings_max, bindings);
  if (queue_length) options.queue_length_max = *queue_length;
  set(options.transaction_bytes_max, transaction_bytes);
  set(options.quarantine_bytes_max, quarantine_bytes);
  set(options.heartbeat_seconds, heartbeat_seconds);
}

std::vector<OptionSpec> limit_options(ServeLimits& limits) {
  const broker::Options usual;
  const auto with_default = [](std::string_view text, auto number) {
    return fmt::format("{} (default {})", text, number);
  };
  return {
      number_option("--connections-max", 1, kCountMax, limits.connections,
                    with_default("Connections of clients at a time, as far as the process may have "
                                 "files open",
                                 usual.connections_max)),
      number_option("--channels-max", 1, UINT16_MAX, limits.channels,
                    with_default("Channels of one connection", usual.channel_max)),
      number_option("--consumers-max", 1, kCountMax, limits.consumers,
                    with_default("Consumers of one channel", usual.consumers_per_channel_max)),
      bytes_option("--frame-max", 4 * amqp::kFrameMinBytes, 16 << 20, limits.frame_bytes,
                   with_default("Bytes of a frame", usual.frame_max_bytes)),
      number_option("--heartbeat", 0, UINT16_MAX, limits.heartbeat_seconds,
                    with_default("Seconds between heartbeats that clients are told; 0: none",
                                 usual.heartbeat_seconds)),
      // A record of the log holds one with its properties.
      bytes_option("--message-bytes-max", 1, 248 << 20, limits.message_bytes,
                   with_default("Bytes of one message", usual.body_bytes_max)),
      number_option("--table-fields-max", 1, amqp::kTableEntriesMax, limits.table_fields,
                    with_default("Headers of one message, or arguments of one declaration",
                                 usual.table_fields_max)),
      number_option("--table-depth-max", 1, amqp::kTableDepthMax, limits.table_depth,
                    with_default("How deep those may be nested", usual.table_depth_max)),
      number_option("--vhosts-max", 1, kCountMax, limits.vhosts,
                    with_default("Virtual hosts", usual.vhosts_max)),
      number_option("--users-max", 1, kCountMax, limits.users,
                    with_default("Users", usual.users_max)),
      number_option("--queues-max", 1, kCountMax, limits.queues,
                    with_default("Queues of one virtual host", usual.queues_max)),
      number_option("--exchanges-max", 1, kCountMax, limits.exchanges,
                    with_default("Exchanges of one virtual host, its seven of the start among them",
                                 usual.exchanges_max)),
      number_option("--bindings-max", 1, kCountMax, limits.bindings,
                    with_default("Bindings of one virtual host", usual.bindings_max)),
      number_option("--queue-length-max", 1, kBytesMax, limits.queue_length,
                    "Messages of a queue that has no x-max-length of its own; more are refused "
                    "(default as many as the disk has room for)"),
      bytes_option("--transaction-bytes-max", 1, kBytesMax, limits.transaction_bytes,
                   with_default("Bytes that a channel publishes before tx.commit",
                                usual.transaction_bytes_max)),
      bytes_option("--quarantine-bytes-max", 1, kBytesMax, limits.quarantine_bytes,
                   with_default("Bytes that a quarantine queue keeps of refused events",
                                usual.quarantine_bytes_max)),
  };
}

}  // namespace bb::cli
