#include "schema/format_time.h"

#include <array>
#include <cstddef>

#include "schema/uri_chars.h"

// Every event has a date-time, so the fields are read at their fixed positions.

namespace bb::schema {
namespace {

constexpr std::size_t kDateBytes = 10;    // YYYY-MM-DD
constexpr std::size_t kSecondsBytes = 8;  // hh:mm:ss
constexpr std::size_t kOffsetBytes = 6;   // +hh:mm
constexpr unsigned kNotANumber = 10'000;  // above every field's range
constexpr unsigned kMinutesPerDay = 1440;
constexpr std::array<unsigned char, 13> kDaysOfMonth = {0,  31, 29, 31, 30, 31, 30,
                                                        31, 31, 30, 31, 30, 31};  // in a leap year

unsigned digit_at(const char* at) {
  return static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0';
}

// The value of two digits, or kNotANumber.
unsigned two_digits(const char* at) {
  const unsigned tens = digit_at(at);
  const unsigned units = digit_at(at + 1);
  return tens > 9 || units > 9 ? kNotANumber : tens * 10 + units;
}

bool is_leap_year(unsigned year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// `text` has kDateBytes bytes or more.
bool begins_with_date(std::string_view text) {
  const char* const at = text.data();
  const unsigned century = two_digits(at);
  const unsigned year_of_century = two_digits(at + 2);
  const unsigned month = two_digits(at + 5);
  const unsigned day = two_digits(at + 8);
  if (century > 99 || year_of_century > 99 || at[4] != '-' || at[7] != '-') return false;
  if (month < 1 || month > 12 || day < 1 || day > kDaysOfMonth[month]) return false;
  return month != 2 || day != 29 || is_leap_year(century * 100 + year_of_century);
}

}  // namespace

bool is_date(std::string_view text) {
  return text.size() == kDateBytes && begins_with_date(text);
}

bool is_time(std::string_view text) {
  if (text.size() <= kSecondsBytes) return false;
  const char* const at = text.data();
  const unsigned hour = two_digits(at);
  const unsigned minute = two_digits(at + 3);
  const unsigned second = two_digits(at + 6);
  if (hour > 23 || minute > 59 || second > 60 || at[2] != ':' || at[5] != ':') return false;

  std::size_t zone = kSecondsBytes;
  if (at[zone] == '.') {
    const std::size_t fraction = ++zone;
    while (zone < text.size() && digit_at(at + zone) <= 9) ++zone;
    if (zone == fraction || zone == text.size()) return false;
  }

  unsigned minute_utc = hour * 60 + minute;
  if (at[zone] == 'Z' || at[zone] == 'z') {
    if (zone + 1 != text.size()) return false;
  } else {
    if (at[zone] != '+' && at[zone] != '-') return false;
    if (zone + kOffsetBytes != text.size() || at[zone + 3] != ':') return false;
    const unsigned offset_hour = two_digits(at + zone + 1);
    const unsigned offset_minute = two_digits(at + zone + 4);
    if (offset_hour > 23 || offset_minute > 59) return false;
    const unsigned offset = offset_hour * 60 + offset_minute;
    minute_utc += at[zone] == '+' ? kMinutesPerDay - offset : offset;
  }
  return second < 60 || minute_utc % kMinutesPerDay == kMinutesPerDay - 1;
}

bool is_date_time(std::string_view text) {
  if (text.size() <= kDateBytes || !begins_with_date(text)) return false;
  const char separator = text[kDateBytes];
  return (separator == 'T' || separator == 't') && is_time(text.substr(kDateBytes + 1));
}

namespace {

// Takes "12X" from the front of `rest`: digits and a unit, which is returned; 0
// where there is no such thing.
char take_component(std::string_view& rest) {
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits])) ++digits;
  if (digits == 0 || digits == rest.size()) return 0;
  const char unit = rest[digits];
  rest.remove_prefix(digits + 1);
  return unit;
}

// Takes components from the front of `rest` for as long as they are of `units`, in
// that order and without a gap; false where none is taken or one is malformed.
bool take_components(std::string_view& rest, std::string_view units) {
  std::size_t next = units.find(take_component(rest));
  if (next == std::string_view::npos) return false;
  while (!rest.empty() && rest.front() != 'T') {
    ++next;
    if (next == units.size() || take_component(rest) != units[next]) return false;
  }
  return true;
}

}  // namespace

bool is_duration(std::string_view text) {
  if (text.empty() || text.front() != 'P') return false;
  text.remove_prefix(1);
  if (text.empty()) return false;
  if (text.back() == 'W') return take_component(text) == 'W' && text.empty();
  if (text.front() != 'T' && !take_components(text, "YMD")) return false;
  if (text.empty()) return true;
  text.remove_prefix(1);  // the T that ended the loop, or that was first
  return take_components(text, "HMS") && text.empty();
}

}  // namespace bb::schema
