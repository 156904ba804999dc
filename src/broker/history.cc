#include "broker/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace bb::broker {
namespace {

constexpr std::uint64_t kSegments = 16;
constexpr std::uint64_t kSegmentBytesMin = 1 << 20;
constexpr std::uint64_t kSegmentBytesMax = 64 << 20;

}  // namespace

std::string history_name(std::string_view exchange) {
  return fmt::format("{}.history", exchange);
}

Queue::Properties history_properties(const HistoryLimits& limits) {
  const std::uint64_t segment =
      std::clamp(limits.bytes_max / kSegments, kSegmentBytesMin, kSegmentBytesMax);
  return {.durable = true,
          .arguments = {{"x-queue-type", "stream"},
                        {"x-max-length-bytes", static_cast<std::int64_t>(limits.bytes_max)},
                        {"x-max-age", limits.age_max},
                        {"x-stream-max-segment-size-bytes", static_cast<std::int64_t>(segment)}}};
}

}  // namespace bb::broker
