#include "cli/duration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace bb::cli {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 4> kUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number)) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' is not a duration; write 500ms, 2s, 1m or 1h", text));
  }
  if (rest == end) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{0}' has no unit; write {0}s or {0}ms, for example", text));
  }
  const Unit* unit = find_unit({rest, static_cast<std::size_t>(end - rest)});
  if (unit == nullptr) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' does not end in a unit: one of ms, s, m, h", text));
  }
  const double milliseconds = std::round(number * static_cast<double>(unit->milliseconds));
  if (milliseconds < 1 || milliseconds > static_cast<double>(kDurationMax.count())) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' is not between 1ms and {}", text, format_duration(kDurationMax)));
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    if (count < unit->milliseconds) continue;
    if (count % unit->milliseconds == 0) {
      return fmt::format("{}{}", count / unit->milliseconds, unit->name);
    }
    if (count * 10 % unit->milliseconds == 0) {
      const std::int64_t tenths = count * 10 / unit->milliseconds;
      return fmt::format("{}.{}{}", tenths / 10, tenths % 10, unit->name);
    }
  }
  return fmt::format("{}ms", count);
}

}  // namespace bb::cli
