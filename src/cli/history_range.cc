#include "cli/history_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/display_text.h"
#include "cli/duration.h"

namespace bb::cli {

std::string history_queue(const std::string& exchange) {
  return exchange + ".history";
}

Result<std::variant<HistoryOffset, Timestamp>> parse_history_place(std::string_view text,
                                                                   Timestamp now) {
  using Place = std::variant<HistoryOffset, Timestamp>;
  if (text == "now") return Place(now);
  const bool is_number =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) {
    HistoryOffset offset = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
    // Brokers take a signed number.
    if (error == std::errc() && offset <= INT64_MAX) return Place(offset);
  } else if (const auto time = parse_rfc3339(text)) {
    return Place(*time);
  } else if (const auto ago = parse_duration(text)) {
    return Place(now - *ago);
  }
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is no place in the history: an offset (1200), a time "
                          "(2026-01-27T10:15:30Z, now) or a duration ago (1h)",
                          escape_controls(text)));
}

}  // namespace bb::cli
