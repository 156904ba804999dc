// Every choice of a story, from its seed.
#pragma once

#include <cstdint>
#include <random>

namespace bb::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t number() { return random_(); }
  // 0 to `count` - 1.
  std::uint64_t below(std::uint64_t count) { return random_() % count; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  template <class List>
  const auto& any_of(const List& list) {
    return list[static_cast<std::size_t>(below(std::size(list)))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace bb::sim
