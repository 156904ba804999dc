// Numbers as their text says, exactly: no rounding to a binary fraction.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::schema {

// A JSON number (RFC 8259 §6) taken apart: 0.d1d2d3... × 10^exponent with d1 not 0, or zero.
// Borrows the text. Exponents that do not fit are held at the ends of the range, where no
// comparison can tell them apart.
class Decimal {
 public:
  // `text` is a JSON number.
  explicit Decimal(std::string_view text);

  bool is_zero() const { return digit_count_ == 0; }
  bool is_negative() const { return negative_; }
  bool is_integral() const { return exponent_ >= static_cast<std::int64_t>(digit_count_); }

  // By value: 1.0 equals 1e0. Time is linear in the digits and does not depend on exponents.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

  // The same for numbers of the same value, within one process (see KeyedHash).
  std::uint64_t hash() const;

  // Calls `f(int digit)` for each significant digit, from the highest: no leading and no trailing
  // zeros.
  template <class F>
  void each_digit(F f) const;

  std::uint32_t digit_count() const { return digit_count_; }
  std::int64_t exponent() const { return exponent_; }

 private:
  const char* first_ = nullptr;    // the first digit that is not 0
  std::uint32_t digit_count_ = 0;  // significant digits
  bool negative_ = false;          // never of zero
  std::int64_t exponent_ = 0;
};

// Whether `text` is a number whose value is integral: 1, 1.0, 1e3, 120e-1.
bool is_integral_number(std::string_view text);

// The divisor of `multipleOf`, prepared.
class Divisor {
 public:
  // kInvalidSchema for zero, a negative number, or one of more than 18 significant digits.
  static Result<Divisor> make(std::string_view text);

  // Whether `number` is a whole multiple, exactly: 19.99 of 0.01.
  bool divides(const Decimal& number) const;
  // As above for a whole number that fits.
  bool divides(std::int64_t number) const;

 private:
  Divisor(std::uint64_t mantissa, std::int64_t exponent);

  std::uint64_t mantissa_;  // without trailing zeros
  std::int64_t exponent_;   // the divisor is mantissa × 10^exponent
  // What must divide a whole number for the divisor to divide it; 0 where that is beyond 2^63, so
  // that it divides 0 alone.
  std::uint64_t whole_divisor_;
};

template <class F>
void Decimal::each_digit(F f) const {
  const char* at = first_;
  for (std::uint32_t left = digit_count_; left > 0; ++at) {
    if (*at == '.') continue;
    f(*at - '0');
    --left;
  }
}

}  // namespace bb::schema
