#include "schema/member_lookup.h"

#include <algorithm>

namespace bb::schema {
namespace {

// Up to here members are looked at one after the other.
constexpr std::uint32_t kSmall = 16;

}  // namespace

bool MemberLookup::is_named(std::uint32_t node, std::uint16_t hash, std::string_view name) {
  return json_[node].hash == hash && json_.characters(json_[node], buffer_) == name;
}

bool MemberLookup::contains(std::string_view name) {
  const JsonNode& object = json_[object_];
  const std::uint16_t hash = hash_name(name);
  if (object.size <= kSmall) {
    for (auto at = object_ + 1; at < object.next; at = json_[at].next) {
      if (is_named(at, hash, name)) return true;
    }
    return false;
  }
  if (sorted_.empty()) {
    sorted_.reserve(object.size);
    for (auto at = object_ + 1; at < object.next; at = json_[at].next) {
      sorted_.emplace_back(json_[at].hash, at);
    }
    std::sort(sorted_.begin(), sorted_.end());
  }
  auto at = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair(hash, 0U));
  for (; at != sorted_.end() && at->first == hash; ++at) {
    if (is_named(at->second, hash, name)) return true;
  }
  return false;
}

}  // namespace bb::schema
