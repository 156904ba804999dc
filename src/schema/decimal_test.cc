#include "schema/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace bb::schema {
namespace {

const std::string kHuge = "1e99999999999999999999";
const std::string kTiny = "1e-99999999999999999999";

std::string digits_of(const Decimal& number) {
  std::string digits;
  number.each_digit([&](int digit) { digits += static_cast<char>('0' + digit); });
  return digits;
}

bool is_multiple(std::string_view number, std::string_view of) {
  const auto divisor = Divisor::make(of);
  EXPECT_TRUE(divisor.has_value()) << of;
  return divisor.has_value() && divisor->divides(Decimal(number));
}

bool is_multiple(std::int64_t number, std::string_view of) {
  const auto divisor = Divisor::make(of);
  EXPECT_TRUE(divisor.has_value()) << of;
  return divisor.has_value() && divisor->divides(number);
}

TEST(Decimal, TakesNumbersApart) {
  struct Case {
    std::string text;
    std::string digits;
    std::int64_t exponent;
    bool negative;
    bool integral;
  };
  const Case cases[] = {
      {"0", "", 0, false, true},          {"-0.00e17", "", 0, false, true},
      {"1", "1", 1, false, true},         {"1200", "12", 4, false, true},
      {"-12.50", "125", 2, true, false},  {"0.00125", "125", -2, false, false},
      {"100.5", "1005", 3, false, false}, {"1.0", "1", 1, false, true},
      {"120e-1", "12", 2, false, true},   {"1.25E+2", "125", 3, false, true},
      {"1.25e1", "125", 2, false, false}, {"0.00125e5", "125", 3, false, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const Decimal number(c.text);
    EXPECT_EQ(digits_of(number), c.digits);
    EXPECT_EQ(number.exponent(), c.exponent);
    EXPECT_EQ(number.is_negative(), c.negative);
    EXPECT_EQ(number.is_integral(), c.integral);
    EXPECT_EQ(is_integral_number(c.text), c.integral);
    EXPECT_EQ(number.is_zero(), c.digits.empty());
  }
}

TEST(Decimal, KnowsWhatIsIntegralBeyondEveryExponent) {
  EXPECT_TRUE(is_integral_number(kHuge));
  EXPECT_FALSE(is_integral_number(kTiny));
  EXPECT_TRUE(is_integral_number("0e-99999999999999999999"));
}

TEST(Decimal, HoldsEveryExponentWithinItsRange) {
  for (int digits = 1; digits < 40; ++digits) {
    const std::string nines(static_cast<std::size_t>(digits), '9');
    EXPECT_GT(Decimal("1e" + nines).exponent(), 0) << digits;
    EXPECT_LT(Decimal("1e-" + nines).exponent(), 0) << digits;
  }
}

TEST(Decimal, EqualsByValue) {
  const std::pair<std::string, std::string> same[] = {
      {"1", "1.0"},       {"1", "1e0"},      {"100", "1e2"},    {"0", "-0.0"},
      {"-0.5", "-5e-1"},  {"12", "1.2e1"},   {"0.1", "0.1000"}, {kHuge, "1.0E99999999999999999999"},
      {"1e-2", "0.0100"}, {"120", "0.012e4"}};
  for (const auto& [a, b] : same) {
    EXPECT_EQ(Decimal(a), Decimal(b)) << a << " " << b;
    EXPECT_EQ(Decimal(a).hash(), Decimal(b).hash()) << a << " " << b;
  }
}

TEST(Decimal, OrdersWhereBinaryFractionsCannot) {
  const std::string rising[] = {"-" + kHuge,
                                "-1e3",
                                "-10.1",
                                "-10",
                                "-" + kTiny,
                                "0",
                                kTiny,
                                "1e-400",
                                "0.1",
                                "0.10000000000000000000001",
                                "0.2",
                                "9",
                                "10",
                                "9007199254740992",
                                "9007199254740993",
                                "9007199254740993.5",
                                "1e400",
                                kHuge};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      EXPECT_EQ(Decimal(rising[i]) <=> Decimal(rising[j]), i <=> j)
          << rising[i] << " " << rising[j];
      if (i != j) {
        EXPECT_NE(Decimal(rising[i]).hash(), Decimal(rising[j]).hash())
            << rising[i] << " " << rising[j];
      }
    }
  }
}

TEST(Divisor, DecidesExactly) {
  struct Case {
    std::string number;
    std::string divisor;
    bool divides;
  };
  const std::string ones(1000, '1');  // 1000 of them: 3 does not divide the sum of the digits
  const Case cases[] = {
      {"1.5", "0.5", true},
      {"7.5", "2.5", true},
      {"5", "2.5", true},
      {"6", "2.5", false},
      {"0.075", "0.025", true},
      {"0.08", "0.025", false},
      {"4.02", "0.03", true},
      {"19.99", "0.01", true},
      {"19.999", "0.01", false},
      {"1e300", "3", false},
      {"3e300", "3", true},
      {"1e300", "1e-300", true},
      {"1", "0.3", false},
      {"0.3", "0.1", true},
      {"-0.3", "0.1", true},
      {"0", "0.1", true},
      {"0.0", "1e99999999999999999999", true},
      {"10", "4", false},
      {"100", "4", true},
      {"1e2", "8", false},
      {"1e3", "8", true},
      {"10", "100", false},
      {"300", "1e2", true},
      {"1e308", "0.123456789", false},
      {"12.5", "125e-1", true},
      {"1e60", "576460752303423488", true},   // 2^59
      {"1e58", "576460752303423488", false},  // one factor short
      {ones, "3", false},
      {ones + "11", "3", true},
      {ones, "11", true},
      {ones + "1", "11", false},
      {ones + ".5", "0.5", true},
      {kHuge, "7", false},
      {kHuge, "5", true},
      {kTiny, "1", false},
      {"7", kTiny, true},
      {"7", kHuge, false},
      {"123456789012345678", "123456789012345678", true},
      {"123456789012345679", "123456789012345678", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(is_multiple(c.number, c.divisor), c.divides) << c.number << " of " << c.divisor;
  }
}

TEST(Divisor, DecidesWholeNumbersTheSameWay) {
  const std::string divisors[] = {"1",    "2",    "3",    "7",     "10",   "1000",
                                  "0.1",  "0.3",  "2.5",  "0.4",   "12e3", "1e18",
                                  "9e18", "1e19", "1e99", "0.125", "1.5",  "999999999999999999"};
  std::int64_t numbers[] = {0,
                            1,
                            -1,
                            6,
                            -12'000,
                            15,
                            999'999'999'999'999'999,
                            1'000'000'000'000'000'000,
                            9'000'000'000'000'000'000,
                            std::numeric_limits<std::int64_t>::max(),
                            std::numeric_limits<std::int64_t>::min()};
  for (const auto& divisor : divisors) {
    for (const auto number : numbers) {
      EXPECT_EQ(is_multiple(number, divisor), is_multiple(std::to_string(number), divisor))
          << number << " of " << divisor;
    }
  }
}

// Against whole numbers: a·10^i of b·10^j, both shifted until they are whole.
TEST(Divisor, AgreesWithIntegerArithmetic) {
  const unsigned seed = 20260127;
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t a = random() % 5000 * (random() % 3 == 0 ? 64 : 1);
    const std::uint64_t b = random() % 300 + 1;
    const int a_shift = static_cast<int>(random() % 5);
    const int b_shift = static_cast<int>(random() % 5);
    std::uint64_t a_whole = a;
    std::uint64_t b_whole = b;
    for (int i = 0; i < a_shift; ++i) a_whole *= 10;
    for (int i = 0; i < b_shift; ++i) b_whole *= 10;
    const std::string number = std::to_string(a) + "e" + std::to_string(a_shift - 4);
    const std::string divisor = std::to_string(b) + "e" + std::to_string(b_shift - 4);
    ASSERT_EQ(is_multiple(number, divisor), a_whole % b_whole == 0) << number << " of " << divisor;
  }
}

TEST(Divisor, RefusesWhatCannotDivide) {
  for (const std::string text :
       {"0", "0.0", "-1", "1234567890123456789", "0.1234567890123456789"}) {
    const auto divisor = Divisor::make(text);
    ASSERT_FALSE(divisor.has_value()) << text;
    EXPECT_EQ(divisor.error().code, ErrorCode::kInvalidSchema);
  }
  EXPECT_TRUE(Divisor::make("100000000000000000000000").has_value());
}

}  // namespace
}  // namespace bb::schema
