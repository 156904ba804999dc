// From the ids of a method to its place among the alternatives of Method, in one load.
// Internal to the codec.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "amqp/methods.h"

namespace bb::amqp {

inline constexpr std::size_t kMethodCount = std::variant_size_v<Method>;
inline constexpr std::size_t kNoMethod = kMethodCount;

inline constexpr auto kMethodIds = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<MethodId, kMethodCount>{std::variant_alternative_t<I, Method>::kId...};
}(std::make_index_sequence<kMethodCount>{});

// Class ids are multiples of 5 up to 90, method ids go up to 120: a dense table is small.
inline constexpr std::size_t kClassIdStep = 5;
inline constexpr std::size_t kClassRows = 90 / kClassIdStep + 1;
inline constexpr std::size_t kMethodColumns = 121;

inline constexpr auto kMethodIndexes = [] {
  static_assert(kMethodCount < 256);
  std::array<std::array<std::uint8_t, kMethodColumns>, kClassRows> indexes{};
  for (auto& row : indexes) row.fill(static_cast<std::uint8_t>(kNoMethod));
  for (std::size_t i = 0; i < kMethodCount; ++i) {
    // An id beyond the table does not compile: at() would throw.
    indexes.at(kMethodIds[i].class_id / kClassIdStep).at(kMethodIds[i].method_id) =
        static_cast<std::uint8_t>(i);
  }
  return indexes;
}();

// The index among the alternatives of Method; kNoMethod for ids that do not exist.
constexpr std::size_t method_index(MethodId id) {
  const std::size_t row = id.class_id / kClassIdStep;
  if (id.class_id % kClassIdStep != 0 || row >= kClassRows || id.method_id >= kMethodColumns) {
    return kNoMethod;
  }
  return kMethodIndexes[row][id.method_id];
}

}  // namespace bb::amqp
