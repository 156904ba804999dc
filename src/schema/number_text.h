// Numbers of up to 18 digits, compared without leaving the registers; all others through Decimal.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/decimal.h"
#include "schema/json_document.h"
#include "schema/program.h"

namespace bb::schema {

// mantissa / 10^fraction.
struct SmallNumber {
  std::int64_t mantissa = 0;
  std::uint8_t fraction = 0;
  bool is_valid = false;  // false for exponents and for more than 18 digits
};

inline SmallNumber read_small_number(std::string_view text) {
  // A sign and a point beside the digits.
  if (text.size() > 20) return {};
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = *at == '-';
  if (negative) ++at;
  std::int64_t mantissa = 0;
  std::uint8_t digits = 0;
  std::uint8_t fraction = 0;
  for (; at < end && *at >= '0' && *at <= '9'; ++at, ++digits) {
    if (digits == 18) return {};
    mantissa = mantissa * 10 + (*at - '0');
  }
  if (at < end && *at == '.') {
    for (++at; at < end && *at >= '0' && *at <= '9'; ++at, ++digits, ++fraction) {
      if (digits == 18) return {};
      mantissa = mantissa * 10 + (*at - '0');
    }
  }
  if (at != end) return {};
  return {.mantissa = negative ? -mantissa : mantissa, .fraction = fraction, .is_valid = true};
}

// 10^exponent for 0 to 18.
inline constexpr auto kPowersOfTen = [] {
  std::array<std::int64_t, 19> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// `small` is what read_small_number() made of `text`.
inline std::strong_ordering compare(const SmallNumber& small, std::string_view text,
                                    const NumberLimit& limit) {
  if (!small.is_valid || !limit.is_small) [[unlikely]]
    return Decimal(text) <=> *limit.exact;
  __extension__ using Wide = __int128;
  const Wide number = static_cast<Wide>(small.mantissa) * kPowersOfTen[limit.fraction];
  const Wide bound = static_cast<Wide>(limit.mantissa) * kPowersOfTen[small.fraction];
  return number < bound   ? std::strong_ordering::less
         : number > bound ? std::strong_ordering::greater
                          : std::strong_ordering::equal;
}

}  // namespace bb::schema
