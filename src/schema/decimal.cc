#include "schema/decimal.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/assert.h"
#include "base/utf8.h"
#include "schema/keyed_hash.h"

namespace bb::schema {
namespace {

// Far beyond any place of a digit in a text. Sums of a few fit, and ten times as much.
constexpr std::int64_t kExponentMax = std::int64_t{1} << 58;

constexpr std::uint32_t kDivisorDigitsMax = 18;

// No number below 10^18 holds the factor 2 or 5 more often than this.
constexpr std::int64_t kFactorsMax = 60;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The number behind 'e', held within ±kExponentMax.
std::int64_t read_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
    if (value >= kExponentMax) {
      value = kExponentMax;
      break;
    }
  }
  return negative ? -value : value;
}

class DigitCursor {
 public:
  explicit DigitCursor(const char* at) : at_(at) {}
  int next() {
    if (*at_ == '.') ++at_;
    return *at_++ - '0';
  }

 private:
  const char* at_;
};

// `number` without what it has in common with 10^exponent.
std::uint64_t without_factors_of_ten(std::uint64_t number, std::int64_t exponent) {
  for (const std::uint64_t prime : {2, 5}) {
    for (std::int64_t i = std::min(exponent, kFactorsMax); i > 0 && number % prime == 0; --i) {
      number /= prime;
    }
  }
  return number;
}

// See Divisor::whole_divisor_.
std::uint64_t make_whole_divisor(std::uint64_t mantissa, std::int64_t exponent) {
  if (exponent <= 0) return without_factors_of_ten(mantissa, -exponent);
  constexpr std::uint64_t kMax = std::uint64_t{1} << 63;  // the magnitude of the lowest int64
  for (; exponent > 0; --exponent) {
    if (mantissa > kMax / 10) return 0;
    mantissa *= 10;
  }
  return mantissa;
}

}  // namespace

Decimal::Decimal(std::string_view text) {
  std::size_t at = 0;
  if (text.starts_with('-')) at = 1;
  std::int64_t digits = 0;  // seen so far
  std::int64_t digits_before_point = -1;
  std::int64_t first = 0;  // ordinals among the digits
  std::int64_t last = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      digits_before_point = digits;
      continue;
    }
    if (!is_digit(c)) break;
    if (c != '0') {
      if (first_ == nullptr) {
        first_ = text.data() + at;
        first = digits;
      }
      last = digits;
    }
    ++digits;
  }
  if (first_ == nullptr) return;
  if (digits_before_point < 0) digits_before_point = digits;
  negative_ = text.starts_with('-');
  digit_count_ = static_cast<std::uint32_t>(last - first + 1);
  exponent_ = digits_before_point - first;
  if (at < text.size()) exponent_ += read_exponent(text.substr(at + 1));
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& d) { return d.is_zero() ? 0 : d.is_negative() ? -1 : 1; };
  if (const auto order = sign(a) <=> sign(b); order != 0 || a.is_zero()) return order;
  // From here on by magnitude, the other way round below zero.
  const Decimal& low = a.negative_ ? b : a;
  const Decimal& high = a.negative_ ? a : b;
  if (const auto order = low.exponent_ <=> high.exponent_; order != 0) return order;
  DigitCursor low_digits(low.first_);
  DigitCursor high_digits(high.first_);
  for (auto left = std::min(low.digit_count_, high.digit_count_); left > 0; --left) {
    if (const auto order = low_digits.next() <=> high_digits.next(); order != 0) return order;
  }
  return low.digit_count_ <=> high.digit_count_;
}

std::uint64_t Decimal::hash() const {
  KeyedHash hash;
  hash.add(static_cast<std::uint64_t>(exponent_));
  hash.add(std::uint64_t{digit_count_} << 1 | (negative_ ? 1U : 0U));
  std::uint64_t word = 0;
  std::uint32_t in_word = 0;
  each_digit([&](int digit) {
    word = word * 10 + static_cast<std::uint64_t>(digit);
    if (++in_word < 18) return;
    hash.add(word);
    word = 0;
    in_word = 0;
  });
  hash.add(word);
  return hash.value();
}

bool is_integral_number(std::string_view text) {
  return Decimal(text).is_integral();
}

Divisor::Divisor(std::uint64_t mantissa, std::int64_t exponent)
    : mantissa_(mantissa),
      exponent_(exponent),
      whole_divisor_(make_whole_divisor(mantissa, exponent)) {}

Result<Divisor> Divisor::make(std::string_view text) {
  const Decimal number(text);
  if (number.is_zero() || number.is_negative()) {
    return fail(ErrorCode::kInvalidSchema, "multipleOf must be greater than 0");
  }
  if (number.digit_count() > kDivisorDigitsMax) {
    return fail(ErrorCode::kInvalidSchema,
                "multipleOf has more than 18 significant digits: " + printable(text, 40));
  }
  std::uint64_t mantissa = 0;
  number.each_digit(
      [&](int digit) { mantissa = mantissa * 10 + static_cast<std::uint64_t>(digit); });
  return Divisor(mantissa, number.exponent() - number.digit_count());
}

// N·10^e is a multiple of M·10^f if M divides N·10^(e-f). Where e < f, 10 would have to divide N,
// which has no trailing zeros.
bool Divisor::divides(const Decimal& number) const {
  if (number.is_zero()) return true;
  const std::int64_t shift = number.exponent() - number.digit_count() - exponent_;
  if (shift < 0) return false;
  const std::uint64_t divisor = without_factors_of_ten(mantissa_, shift);
  if (divisor == 1) return true;
  BB_ASSERT(divisor < 1'000'000'000'000'000'000);  // or the next line could overflow
  std::uint64_t rest = 0;
  number.each_digit(
      [&](int digit) { rest = (rest * 10 + static_cast<std::uint64_t>(digit)) % divisor; });
  return rest == 0;
}

bool Divisor::divides(std::int64_t number) const {
  if (number == 0) return true;
  if (whole_divisor_ == 0) return false;
  const auto bits = static_cast<std::uint64_t>(number);
  return (number < 0 ? 0 - bits : bits) % whole_divisor_ == 0;
}

}  // namespace bb::schema
