// The keywords that look at one value alone, decided without speed in mind: `const`, `enum`, and
// those for strings and numbers (2020-12 validation §6.1 to §6.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/json_document.h"
#include "schema/json_equal.h"
#include "schema/schema_model.h"

namespace bb::schema {

// Code points (2020-12 validation §6.3.1).
std::uint64_t count_characters(std::string_view utf8);

// `number` is kInteger or kNumber.
bool is_multiple(const Divisor& divisor, std::string_view number, const JsonNode& node);

struct NumberFaults {
  bool minimum = false;
  bool maximum = false;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  bool multiple_of = false;

  bool any() const {
    return minimum || maximum || exclusive_minimum || exclusive_maximum || multiple_of;
  }
};
// Which keywords for numbers the value, a number, breaks.
NumberFaults find_number_faults(const Subschema& schema, const JsonView& json,
                                const JsonNode& node);

// Whether `const` and `enum` accept the value.
bool fits_constant(const Subschema& schema, const JsonView& json, std::uint32_t node,
                   EqualityScratch& scratch);
bool fits_enumeration(const Subschema& schema, const JsonView& json, std::uint32_t node,
                      EqualityScratch& scratch);

}  // namespace bb::schema
