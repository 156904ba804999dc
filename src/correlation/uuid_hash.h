#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bloodbank/uuid.h"

namespace bb::correlation {

// For tables in memory. Ids are random in most of their bits; versions 4, 5 and 7 in the last ones.
struct UuidHash {
  std::size_t operator()(const Uuid& id) const {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, id.bytes().data(), sizeof first);
    std::memcpy(&last, id.bytes().data() + sizeof first, sizeof last);
    return static_cast<std::size_t>((first ^ last) * 0x9E3779B97F4A7C15ULL);
  }
};

}  // namespace bb::correlation
