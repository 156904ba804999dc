#include <fmt/core.h>

#include <cstdint>
#include <optional>

#include "base/utf8.h"
#include "bloodbank/time.h"

namespace bb {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kMinutesPerDay = 1'440;

std::unexpected<Error> invalid(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is not an RFC 3339 time such as 2026-01-27T10:15:30Z: {}",
                          printable(text, 40), why));
}

// Takes the fixed-width fields of a date-time from the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  // `width` digits (at most 4) with a value in [low, high].
  bool number(std::size_t width, int low, int high, int& value) {
    if (rest_.size() < width) return false;
    value = 0;
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    return value >= low && value <= high;
  }

  bool one_of(std::string_view choices, char& taken) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return false;
    taken = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  bool literal(char c) {
    char taken;
    return one_of(std::string_view(&c, 1), taken);
  }

  // The digits of a fraction as nanoseconds: one or more, those past nine dropped.
  bool fraction(std::int64_t& nanos) {
    std::size_t digits = 0;
    nanos = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      if (digits < 9) nanos = nanos * 10 + (rest_[digits] - '0');
      ++digits;
    }
    for (std::size_t i = digits; i < 9; ++i) nanos *= 10;
    rest_.remove_prefix(digits);
    return digits > 0;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// The sum in nanoseconds, or nothing where 64 bits cannot hold it.
std::optional<std::int64_t> to_nanos(std::int64_t seconds, std::int64_t nanos) {
  // Of one sign: the product of the first year's seconds alone would overflow
  // although the sum does not.
  if (seconds < 0 && nanos > 0) {
    ++seconds;
    nanos -= kNanosPerSecond;
  }
  std::int64_t total;
  if (__builtin_mul_overflow(seconds, kNanosPerSecond, &total)) return std::nullopt;
  if (__builtin_add_overflow(total, nanos, &total)) return std::nullopt;
  return total;
}

}  // namespace

Result<Timestamp> parse_rfc3339(std::string_view text) {
  FieldReader reader(text);
  int year;
  int month;
  int day;
  if (!reader.number(4, 0, 9999, year) || !reader.literal('-') || !reader.number(2, 1, 12, month) ||
      !reader.literal('-') || !reader.number(2, 1, 31, day)) {
    return invalid(text, "it starts with the date, YYYY-MM-DD");
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return invalid(text, "the month has no such day");

  int hour;
  int minute;
  int second;
  char separator;
  if (!reader.one_of("Tt", separator) || !reader.number(2, 0, 23, hour) || !reader.literal(':') ||
      !reader.number(2, 0, 59, minute) || !reader.literal(':') ||
      !reader.number(2, 0, 60, second)) {
    return invalid(text, "after the date come T and the time, hh:mm:ss");
  }
  std::int64_t nanos = 0;
  if (reader.literal('.') && !reader.fraction(nanos)) {
    return invalid(text, "after the point come digits");
  }

  char zone;
  int offset_hour = 0;
  int offset_minute = 0;
  if (!reader.one_of("Zz+-", zone)) return invalid(text, "it ends with Z or an offset, +hh:mm");
  if ((zone == '+' || zone == '-') &&
      (!reader.number(2, 0, 23, offset_hour) || !reader.literal(':') ||
       !reader.number(2, 0, 59, offset_minute))) {
    return invalid(text, "the offset is hh:mm");
  }
  if (!reader.at_end()) return invalid(text, "there is more after the offset");

  const int offset_sign = zone == '-' ? -1 : 1;
  const std::int64_t minutes =
      hour * 60 + minute - offset_sign * (offset_hour * 60 + offset_minute);
  if (second == 60) {
    if ((minutes + kMinutesPerDay) % kMinutesPerDay != kMinutesPerDay - 1) {
      return invalid(text, "a leap second is at 23:59:60 UTC");
    }
    second = 59;
    nanos = kNanosPerSecond - 1;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const auto total = to_nanos(days * kSecondsPerDay + minutes * 60 + second, nanos);
  if (!total) return invalid(text, "the year is not between 1677 and 2262");
  return Timestamp(std::chrono::nanoseconds(*total));
}

std::string format_rfc3339(Timestamp time) {
  // Not std::chrono::floor: it would overflow in the first second of the range.
  const std::int64_t total = time.time_since_epoch().count();
  std::int64_t seconds = total / kNanosPerSecond;
  std::int64_t nanos = total % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  std::int64_t days = seconds / kSecondsPerDay;
  std::int64_t second_of_day = seconds % kSecondsPerDay;
  if (second_of_day < 0) {
    second_of_day += kSecondsPerDay;
    --days;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
  if (nanos % 1'000 != 0) {
    text += fmt::format(".{:09}", nanos);
  } else if (nanos % 1'000'000 != 0) {
    text += fmt::format(".{:06}", nanos / 1'000);
  } else if (nanos != 0) {
    text += fmt::format(".{:03}", nanos / 1'000'000);
  }
  text += 'Z';
  return text;
}

}  // namespace bb
