#include "schema/number_text.h"

#include <array>

namespace bb::schema {

std::int64_t power_of_ten(unsigned exponent) {
  static constexpr auto kPowers = [] {
    std::array<std::int64_t, 19> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
  }();
  return kPowers[exponent];
}

}  // namespace bb::schema
