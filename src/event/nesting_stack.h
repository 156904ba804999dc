// What is open at a place in a JSON text, in a bit per level: depth costs no stack
// and no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "bloodbank/envelope.h"

namespace bb::event {

// Which containers are open: a bit each, set for an object.
class NestingStack {
 public:
  void push(bool object) {
    BB_ASSERT(depth_ < kJsonDepthMax);
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    std::uint64_t& word = words_[depth_ / 64];
    word = object ? word | bit : word & ~bit;
    ++depth_;
  }
  void pop() {
    BB_ASSERT(depth_ > 0);
    --depth_;
  }
  bool in_object() const {
    BB_ASSERT(depth_ > 0);
    return (words_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1) != 0;
  }
  std::size_t depth() const { return depth_; }

 private:
  std::array<std::uint64_t, (kJsonDepthMax + 63) / 64> words_{};
  std::size_t depth_ = 0;
};

}  // namespace bb::event
