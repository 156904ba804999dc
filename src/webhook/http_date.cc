#include "webhook/http_date.h"

#include <span>

namespace bb::webhook {
namespace {

using std::chrono::sys_seconds;

constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::string_view kLongDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                          "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
  unsigned year = 0;
  unsigned month = 0;  // from 1
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

// Each call reads one piece, and says whether it was there.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool digits(std::size_t count, unsigned& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  // `place` counts from 1.
  bool one_of(std::span<const std::string_view> names, unsigned& place) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!literal(names[i])) continue;
      place = static_cast<unsigned>(i + 1);
      return true;
    }
    return false;
  }

  bool time(Fields& fields) {
    return digits(2, fields.hour) && literal(":") && digits(2, fields.minute) && literal(":") &&
           digits(2, fields.second);
  }

  bool end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool read_imf_fixdate(Cursor in, Fields& fields) {
  unsigned weekday = 0;
  return in.one_of(kDays, weekday) && in.literal(", ") && in.digits(2, fields.day) &&
         in.literal(" ") && in.one_of(kMonths, fields.month) && in.literal(" ") &&
         in.digits(4, fields.year) && in.literal(" ") && in.time(fields) && in.literal(" GMT") &&
         in.end();
}

bool read_rfc850(Cursor in, Fields& fields, unsigned now_year) {
  unsigned weekday = 0;
  unsigned two_digits = 0;
  const bool read = in.one_of(kLongDays, weekday) && in.literal(", ") && in.digits(2, fields.day) &&
                    in.literal("-") && in.one_of(kMonths, fields.month) && in.literal("-") &&
                    in.digits(2, two_digits) && in.literal(" ") && in.time(fields) &&
                    in.literal(" GMT") && in.end();
  if (!read) return false;
  fields.year = now_year + (two_digits + 100 - now_year % 100) % 100;
  if (fields.year > now_year + 50) fields.year -= 100;
  return true;
}

bool read_asctime(Cursor in, Fields& fields) {
  unsigned weekday = 0;
  if (!in.one_of(kDays, weekday) || !in.literal(" ") || !in.one_of(kMonths, fields.month) ||
      !in.literal(" ")) {
    return false;
  }
  const bool day = in.literal(" ") ? in.digits(1, fields.day) : in.digits(2, fields.day);
  return day && in.literal(" ") && in.time(fields) && in.literal(" ") &&
         in.digits(4, fields.year) && in.end();
}

unsigned year_of(sys_seconds time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return static_cast<unsigned>(static_cast<int>(date.year()));
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text, sys_seconds now) {
  using std::chrono::day;
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::month;
  using std::chrono::seconds;
  using std::chrono::year;
  const Cursor in(text);
  Fields fields;
  if (!read_imf_fixdate(in, fields) && !read_rfc850(in, fields, year_of(now)) &&
      !read_asctime(in, fields)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(year(static_cast<int>(fields.year)), month(fields.month),
                                         day(fields.day));
  // 60 is a leap second.
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + hours(fields.hour) + minutes(fields.minute) +
         seconds(fields.second);
}

}  // namespace bb::webhook
