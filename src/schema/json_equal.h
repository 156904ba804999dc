// Equality of JSON values as JSON Schema defines it (2020-12 core §4.2.2): numbers by value,
// strings by characters, objects whatever the order of their members. Where a name repeats, its
// last value counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/json_document.h"

namespace bb::schema {

// Memory that comparisons use, kept to be used again.
struct EqualityScratch {
  std::string a;
  std::string b;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> hashes;
};

bool json_equal(const JsonView& a, std::uint32_t a_index, const JsonView& b, std::uint32_t b_index,
                EqualityScratch& scratch);

// The same for equal values.
std::uint64_t json_hash(const JsonView& json, std::uint32_t index, EqualityScratch& scratch);

// Whether no two elements of the array are equal. About n log n however the elements are made.
bool all_unique(const JsonView& json, std::uint32_t array, EqualityScratch& scratch);
// The first pair that is equal, as ordinals (earlier, later), for messages.
std::optional<std::pair<std::uint32_t, std::uint32_t>> find_equal_pair(const JsonView& json,
                                                                       std::uint32_t array,
                                                                       EqualityScratch& scratch);

}  // namespace bb::schema
