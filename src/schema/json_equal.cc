#include "schema/json_equal.h"

#include <algorithm>
#include <string_view>

#include "schema/decimal.h"
#include "schema/keyed_hash.h"

namespace bb::schema {
namespace {

// Up to here every pair is compared: that costs less than to sort.
constexpr std::uint32_t kSmall = 8;

bool equal_strings(const JsonView& a, const JsonNode& a_node, const JsonView& b,
                   const JsonNode& b_node, EqualityScratch& scratch) {
  if (!a_node.is_escaped() && !b_node.is_escaped()) return a.raw(a_node) == b.raw(b_node);
  return a.characters(a_node, scratch.a) == b.characters(b_node, scratch.b);
}

bool equal_names(const JsonView& a, std::uint32_t a_name, const JsonView& b, std::uint32_t b_name,
                 EqualityScratch& scratch) {
  return a[a_name].hash == b[b_name].hash && equal_strings(a, a[a_name], b, b[b_name], scratch);
}

// The members of an object, each name once with its last value, in an order that is the same for
// all objects of these names. They are on top of scratch.hashes for as long as this lives.
class SortedMembers {
 public:
  SortedMembers(const JsonView& json, std::uint32_t object, EqualityScratch& scratch)
      : scratch_(scratch), base_(scratch.hashes.size()) {
    auto& list = scratch.hashes;
    for (auto at = object + 1; at < json[object].next; at = json[at].next) {
      KeyedHash hash;
      hash.add(json.characters(json[at], scratch.a));
      list.emplace_back(hash.value(), at);
    }
    const auto first = list.begin() + static_cast<std::ptrdiff_t>(base_);
    std::sort(first, list.end(), [&](const auto& a, const auto& b) {
      if (a.first != b.first) return a.first < b.first;
      const auto order = json.characters(json[a.second], scratch.a)
                             .compare(json.characters(json[b.second], scratch.b));
      return order != 0 ? order < 0 : a.second < b.second;
    });
    // Of equal names, which are neighbours now, the last stays.
    auto kept = first;
    for (auto at = first; at != list.end(); ++at) {
      const bool again = at + 1 != list.end() && at->first == (at + 1)->first &&
                         equal_names(json, at->second, json, (at + 1)->second, scratch);
      if (!again) *kept++ = *at;
    }
    list.erase(kept, list.end());
    size_ = list.size() - base_;
  }
  ~SortedMembers() { scratch_.hashes.resize(base_); }
  SortedMembers(const SortedMembers&) = delete;
  SortedMembers& operator=(const SortedMembers&) = delete;

  std::size_t size() const { return size_; }
  // The hash of the name, and its node.
  std::pair<std::uint64_t, std::uint32_t> operator[](std::size_t i) const {
    return scratch_.hashes[base_ + i];
  }

 private:
  EqualityScratch& scratch_;
  std::size_t base_;
  std::size_t size_ = 0;
};

// The last member of that name, or 0 (the root, which is no name).
std::uint32_t find_last(const JsonView& json, std::uint32_t object, const JsonView& name_json,
                        std::uint32_t name, EqualityScratch& scratch) {
  std::uint32_t found = 0;
  for (auto at = object + 1; at < json[object].next; at = json[at].next) {
    if (equal_names(json, at, name_json, name, scratch)) found = at;
  }
  return found;
}

bool equal_small_objects(const JsonView& a, std::uint32_t a_index, const JsonView& b,
                         std::uint32_t b_index, EqualityScratch& scratch) {
  const auto is_last = [&](const JsonView& json, std::uint32_t object, std::uint32_t name) {
    return find_last(json, object, json, name, scratch) == name;
  };
  std::uint32_t a_names = 0;
  for (auto at = a_index + 1; at < a[a_index].next; at = a[at].next) {
    if (!is_last(a, a_index, at)) continue;
    ++a_names;
    const auto other = find_last(b, b_index, a, at, scratch);
    if (other == 0 || !json_equal(a, at + 1, b, other + 1, scratch)) return false;
  }
  std::uint32_t b_names = 0;
  for (auto at = b_index + 1; at < b[b_index].next; at = b[at].next) {
    if (is_last(b, b_index, at)) ++b_names;
  }
  return a_names == b_names;
}

bool equal_objects(const JsonView& a, std::uint32_t a_index, const JsonView& b,
                   std::uint32_t b_index, EqualityScratch& scratch) {
  if (a[a_index].size <= kSmall && b[b_index].size <= kSmall) {
    return equal_small_objects(a, a_index, b, b_index, scratch);
  }
  const SortedMembers a_members(a, a_index, scratch);
  const SortedMembers b_members(b, b_index, scratch);
  if (a_members.size() != b_members.size()) return false;
  for (std::size_t i = 0; i < a_members.size(); ++i) {
    const auto [a_hash, a_name] = a_members[i];
    const auto [b_hash, b_name] = b_members[i];
    if (a_hash != b_hash || !equal_names(a, a_name, b, b_name, scratch)) return false;
  }
  // Names first: they are cheap, and mostly tell objects apart.
  for (std::size_t i = 0; i < a_members.size(); ++i) {
    if (!json_equal(a, a_members[i].second + 1, b, b_members[i].second + 1, scratch)) return false;
  }
  return true;
}

bool equal_arrays(const JsonView& a, std::uint32_t a_index, const JsonView& b,
                  std::uint32_t b_index, EqualityScratch& scratch) {
  if (a[a_index].size != b[b_index].size) return false;
  auto other = b_index + 1;
  for (auto at = a_index + 1; at < a[a_index].next; at = a[at].next) {
    if (!json_equal(a, at, b, other, scratch)) return false;
    other = b[other].next;
  }
  return true;
}

// The nodes of two elements, the later one as early as may be.
using EqualNodes = std::optional<std::pair<std::uint32_t, std::uint32_t>>;

EqualNodes find_pair_in_small(const JsonView& json, std::uint32_t array, EqualityScratch& scratch) {
  for (auto later = array + 1; later < json[array].next; later = json[later].next) {
    for (auto earlier = array + 1; earlier < later; earlier = json[earlier].next) {
      if (json_equal(json, earlier, json, later, scratch)) return std::pair(earlier, later);
    }
  }
  return std::nullopt;
}

EqualNodes find_pair_in_large(const JsonView& json, std::uint32_t array, EqualityScratch& scratch) {
  auto& list = scratch.hashes;
  const std::size_t base = list.size();
  for (auto at = array + 1; at < json[array].next; at = json[at].next) {
    const auto hash = json_hash(json, at, scratch);
    list.emplace_back(hash, at);
  }
  std::sort(list.begin() + static_cast<std::ptrdiff_t>(base), list.end());
  EqualNodes found;
  const std::size_t end = list.size();  // comparisons push and pop above
  for (std::size_t run = base; run < end;) {
    std::size_t run_end = run + 1;
    while (run_end < end && list[run_end].first == list[run].first) ++run_end;
    // Equal hashes are equal values but for an accident, so that the first comparison settles it.
    bool settled = false;
    for (std::size_t later = run + 1; later < run_end && !settled; ++later) {
      if (found && found->second < list[later].second) break;
      for (std::size_t earlier = run; earlier < later && !settled; ++earlier) {
        const auto [a, b] = std::pair(list[earlier].second, list[later].second);
        settled = json_equal(json, a, json, b, scratch);
        if (settled) found = std::pair(a, b);
      }
    }
    run = run_end;
  }
  list.resize(base);
  return found;
}

EqualNodes find_equal_nodes(const JsonView& json, std::uint32_t array, EqualityScratch& scratch) {
  return json[array].size <= kSmall ? find_pair_in_small(json, array, scratch)
                                    : find_pair_in_large(json, array, scratch);
}

void add_hash_of_object(KeyedHash& hash, const JsonView& json, std::uint32_t object,
                        EqualityScratch& scratch) {
  const SortedMembers members(json, object, scratch);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [name_hash, name] = members[i];
    hash.add(name_hash);
    hash.add(json_hash(json, name + 1, scratch));
  }
}

}  // namespace

bool json_equal(const JsonView& a, std::uint32_t a_index, const JsonView& b, std::uint32_t b_index,
                EqualityScratch& scratch) {
  const JsonNode& a_node = a[a_index];
  const JsonNode& b_node = b[b_index];
  // Numbers too: 1.0 is kInteger like 1.
  if (a_node.type != b_node.type) return false;
  switch (a_node.type) {
    case JsonType::kNull:
      return true;
    case JsonType::kBoolean:
      return a_node.is_true() == b_node.is_true();
    case JsonType::kInteger:
    case JsonType::kNumber:
      return a.raw(a_node) == b.raw(b_node) || Decimal(a.raw(a_node)) == Decimal(b.raw(b_node));
    case JsonType::kString:
      return equal_strings(a, a_node, b, b_node, scratch);
    case JsonType::kArray:
      return equal_arrays(a, a_index, b, b_index, scratch);
    case JsonType::kObject:
      return equal_objects(a, a_index, b, b_index, scratch);
  }
  return false;
}

std::uint64_t json_hash(const JsonView& json, std::uint32_t index, EqualityScratch& scratch) {
  const JsonNode& node = json[index];
  KeyedHash hash;
  hash.add(static_cast<std::uint64_t>(node.type));
  switch (node.type) {
    case JsonType::kNull:
      break;
    case JsonType::kBoolean:
      hash.add(std::uint64_t{node.is_true()});
      break;
    case JsonType::kInteger:
    case JsonType::kNumber:
      hash.add(Decimal(json.raw(node)).hash());
      break;
    case JsonType::kString:
      hash.add(json.characters(node, scratch.a));
      break;
    case JsonType::kArray:
      for (auto at = index + 1; at < node.next; at = json[at].next) {
        hash.add(json_hash(json, at, scratch));
      }
      break;
    case JsonType::kObject:
      add_hash_of_object(hash, json, index, scratch);
      break;
  }
  return hash.value();
}

bool all_unique(const JsonView& json, std::uint32_t array, EqualityScratch& scratch) {
  return !find_equal_nodes(json, array, scratch).has_value();
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> find_equal_pair(const JsonView& json,
                                                                       std::uint32_t array,
                                                                       EqualityScratch& scratch) {
  const EqualNodes nodes = find_equal_nodes(json, array, scratch);
  if (!nodes) return std::nullopt;
  std::pair<std::uint32_t, std::uint32_t> ordinals;
  std::uint32_t ordinal = 0;
  for (auto at = array + 1; at <= nodes->second; at = json[at].next) {
    if (at == nodes->first) ordinals.first = ordinal;
    if (at == nodes->second) ordinals.second = ordinal;
    ++ordinal;
  }
  return ordinals;
}

}  // namespace bb::schema
