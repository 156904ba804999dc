// Hashes of what strangers send. Keyed by a number that is drawn once per process and never shown,
// so that nobody can prepare values that collide.
#pragma once

#include <cstdint>
#include <string_view>

namespace bb::schema {

// Feed it values in order, then ask. Equal feeds give equal values in one process; values mean
// nothing outside of it.
class KeyedHash {
 public:
  KeyedHash();

  void add(std::uint64_t word) { state_ = multiply_fold(state_ ^ word, multiplier_); }
  void add(std::string_view bytes);

  std::uint64_t value() const { return multiply_fold(state_, state_ ^ multiplier_); }

 private:
  // Both halves of the product, so that every bit of `a` reaches every bit of the result.
  static std::uint64_t multiply_fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t state_;
  std::uint64_t multiplier_;
};

}  // namespace bb::schema
