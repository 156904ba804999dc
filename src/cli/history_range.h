// A part of an exchange's history, as `bb subscribe` is asked for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bloodbank/result.h"
#include "bloodbank/time.h"

namespace bb::cli {

// Offsets count what the history ever got, from 0.
using HistoryOffset = std::uint64_t;

inline constexpr std::uint64_t kHistoryLastMax = 1'000'000;

struct HistoryRange {
  struct First {};  // the oldest that is left
  struct Last {
    std::uint64_t count;  // of the wanted ones
  };
  std::variant<First, HistoryOffset, Timestamp, Last> from;
  // The first that is not part of it; nothing: it goes on with what comes.
  std::optional<std::variant<HistoryOffset, Timestamp>> until;
};

// The stream that keeps the history of an exchange.
std::string history_queue(const std::string& exchange);

// An offset ("1200") or a moment: RFC 3339, "now", or a duration before it ("1h"). kUsage for
// anything else, with examples.
Result<std::variant<HistoryOffset, Timestamp>> parse_history_place(std::string_view text,
                                                                   Timestamp now);

}  // namespace bb::cli
