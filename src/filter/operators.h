// What the operators of filters say about two JSON values, of an event or of the filter itself.
//
// A value may be missing; then every operator says no. Which types fit an operator is in
// docs/filter.md; of others it says no. Each takes time in proportion to the size of both values,
// and allocates only where strings have escapes or hashes are needed, into the scratch.
#pragma once

#include <cstdint>

#include "filter/filter.h"
#include "schema/json_document.h"

namespace bb::filter {

struct Value {
  const schema::JsonView* json = nullptr;  // null for a missing value
  std::uint32_t index = 0;

  bool is_missing() const { return json == nullptr; }
  const schema::JsonNode& node() const { return (*json)[index]; }
  bool is(schema::JsonType type) const { return !is_missing() && node().is(type); }
};

bool is_true(Value value);
bool equals(Value left, Value right, FilterScratch& scratch);
// Numbers by value, strings by code points.
bool is_less(Value left, Value right, FilterScratch& scratch);
bool is_less_or_equal(Value left, Value right, FilterScratch& scratch);
bool contains(Value whole, Value part, FilterScratch& scratch);
bool starts_with(Value text, Value prefix, FilterScratch& scratch);
bool ends_with(Value text, Value suffix, FilterScratch& scratch);

}  // namespace bb::filter
