// Sizes as users write them: "4096", "64K", "300MiB", "1.5GB".
#pragma once

#include <cstdint>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// K, M, G and T, and KiB to TiB, are powers of 1024; kB to TB are powers of 1000: as RabbitMQ's
// configuration has them. Upper and lower case are the same. A fraction takes a unit. kUsage
// otherwise, and above UINT64_MAX bytes.
Result<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace bb::cli
