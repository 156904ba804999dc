// The options of `bb serve` that bound what clients may take; docs/limits.md lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/options.h"
#include "cli/command.h"

namespace bb::cli {

// Those that were given; the others stay as broker::Options has them.
struct ServeLimits {
  std::optional<std::uint64_t> connections, channels, consumers, frame_bytes, message_bytes,
      table_fields, table_depth, vhosts, users, queues, exchanges, bindings, queue_length,
      transaction_bytes, quarantine_bytes, heartbeat_seconds;

  void apply(broker::Options& options) const;
};

// `limits` outlives them.
std::vector<OptionSpec> limit_options(ServeLimits& limits);

}  // namespace bb::cli
