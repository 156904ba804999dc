#include "broker/name_generator.h"

namespace bb::broker {

std::string NameGenerator::make(std::string_view prefix) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  static constexpr int kCharacters = 22;
  static constexpr int kCharactersPerDraw = 10;  // 6 bits each of 64
  std::string name(prefix);
  std::uint64_t bits = 0;
  for (int i = 0; i < kCharacters; ++i) {
    if (i % kCharactersPerDraw == 0) bits = random_();
    name.push_back(kAlphabet[bits & 63]);
    bits >>= 6;
  }
  return name;
}

}  // namespace bb::broker
