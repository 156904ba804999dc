#include "schema/nearest_name.h"

#include <algorithm>

#include "base/edit_distance.h"

namespace bb::schema {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kCandidatesMax = 1000;
// A name of two letters is one change away from too many others.
constexpr std::size_t kNameBytesMin = 3;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view written,
                                             std::span<const std::string_view> candidates) {
  if (written.size() < kNameBytesMin || written.size() > kNameBytesMax) return std::nullopt;
  const std::string lower = lower_case(written);
  std::optional<std::string_view> best;
  std::size_t limit = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const std::string_view candidate :
       candidates.first(std::min(candidates.size(), kCandidatesMax))) {
    const std::size_t shorter = std::min(candidate.size(), written.size());
    const std::size_t longer = std::max(candidate.size(), written.size());
    if (longer - shorter >= limit || candidate == written) continue;
    const std::size_t distance = edit_distance(lower, lower_case(candidate));
    if (distance >= limit) continue;
    limit = distance;
    best = candidate;
  }
  return best;
}

}  // namespace bb::schema
