#include "cli/suggest.h"

#include <algorithm>

#include "base/edit_distance.h"

namespace bb::cli {
namespace {

// What is typed can be of any length; names are short.
constexpr std::size_t kTypedBytesMax = 64;

}  // namespace

std::optional<std::string> nearest(std::string_view typed,
                                   std::span<const std::string> candidates) {
  if (typed.size() > kTypedBytesMax) return std::nullopt;
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(typed, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

}  // namespace bb::cli
