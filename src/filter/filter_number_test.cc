// Numbers are compared by value, however they are written, in the filter and in the event.
#include <gtest/gtest.h>

#include <compare>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "filter/filter_fixture.h"

namespace bb::filter {
namespace {

// mantissa × 10^exponent.
struct Number {
  std::int64_t mantissa;
  int exponent;
};

constexpr int kExponentMax = 6;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Number number() {
    // Small ranges, so that equal and nearly equal ones are frequent.
    const std::int64_t mantissa_max = pick(0, 2) == 0 ? 999'999 : 12;
    return {pick(-mantissa_max, mantissa_max), static_cast<int>(pick(-kExponentMax, kExponentMax))};
  }

  // One of the spellings that JSON has for it.
  std::string spell(Number number) {
    for (std::int64_t zeros = pick(0, 3); zeros > 0; --zeros) {
      number.mantissa *= 10;
      --number.exponent;
    }
    return pick(0, 1) == 0 ? spell_with_exponent(number) : spell_out(number);
  }

 private:
  std::int64_t pick(std::int64_t min, std::int64_t max) {
    return std::uniform_int_distribution<std::int64_t>(min, max)(random_);
  }

  std::string spell_with_exponent(Number number) {
    const bool plus = number.exponent >= 0 && pick(0, 1) == 0;
    return std::to_string(number.mantissa) + (pick(0, 1) == 0 ? "e" : "E") + (plus ? "+" : "") +
           std::to_string(number.exponent);
  }

  std::string spell_out(Number number) {
    const std::string sign = number.mantissa < 0 ? "-" : "";
    std::string digits = std::to_string(number.mantissa < 0 ? -number.mantissa : number.mantissa);
    if (number.exponent >= 0) {
      if (digits != "0") digits.append(static_cast<std::size_t>(number.exponent), '0');
      return sign + digits;
    }
    const auto fraction = static_cast<std::size_t>(-number.exponent);
    if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
    digits.insert(digits.size() - fraction, ".");
    return sign + digits;
  }

  std::mt19937_64 random_;
};

std::strong_ordering order(Number a, Number b) {
  const auto scaled = [](Number number) {
    std::int64_t value = number.mantissa;
    for (int i = -kExponentMax; i < number.exponent; ++i) value *= 10;
    return value;
  };
  return scaled(a) <=> scaled(b);
}

TEST(FilterNumbers, CompareByValueHoweverTheyAreWritten) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 2000 && !testing::Test::HasFailure(); ++round) {
    const Number left = generator.number();
    const Number right = generator.number();
    const auto expected = order(left, right);
    const std::string left_text = generator.spell(left);
    const std::string right_text = generator.spell(right);
    SCOPED_TRACE(testing::Message() << left_text << " and " << right_text);
    std::string event = R"({"payload":{"left":)";
    event += left_text + R"(,"right":)" + right_text + R"(,"list":["x",)" + right_text + "]}}";
    for (const auto& [a, b] : {std::pair<std::string, std::string>{"payload.left", "payload.right"},
                               {"payload.left", right_text},
                               {left_text, "payload.right"},
                               {left_text, right_text}}) {
      EXPECT_EQ(chooses(a + "==" + b, event), expected == 0);
      EXPECT_EQ(chooses(a + "!=" + b, event), expected != 0);
      EXPECT_EQ(chooses(a + "<" + b, event), expected < 0);
      EXPECT_EQ(chooses(a + "<=" + b, event), expected <= 0);
      EXPECT_EQ(chooses(a + ">" + b, event), expected > 0);
      EXPECT_EQ(chooses(a + ">=" + b, event), expected >= 0);
    }
    EXPECT_EQ(chooses("payload.left in payload.list", event), expected == 0);
    EXPECT_EQ(chooses("payload.left in ['x', " + right_text + "]", event), expected == 0);
  }
}

TEST(FilterNumbers, KeepEveryDigit) {
  const std::string event =
      R"({"payload":{"n":9007199254740993,"fraction":0.1,"far":1e400,"tiny":1e-400}})";
  EXPECT_TRUE(chooses("payload.n == 9007199254740993", event));
  EXPECT_FALSE(chooses("payload.n == 9007199254740992", event));
  EXPECT_TRUE(chooses("payload.n > 9007199254740992.9999999999", event));
  EXPECT_FALSE(chooses("payload.fraction == 0.1000000000000000055511151231257827", event));
  EXPECT_TRUE(chooses("payload.far > 9e399 and payload.far < 1e401", event));
  EXPECT_TRUE(chooses("payload.tiny > 0 and payload.tiny != 0", event));
}

}  // namespace
}  // namespace bb::filter
