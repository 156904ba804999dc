// Names that the broker makes up: "amq.gen-..." and "amq.ctag-...".
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace bb::broker {

// Deterministic for a seed, so that a simulated broker can be run again. The names are
// unlikely to meet, not secret: access never depends on knowing one.
class NameGenerator {
 public:
  explicit NameGenerator(std::uint64_t seed) : random_(seed) {}

  // `prefix` and 22 characters of [A-Za-z0-9_-]: 132 random bits.
  std::string make(std::string_view prefix);

 private:
  std::mt19937_64 random_;
};

}  // namespace bb::broker
