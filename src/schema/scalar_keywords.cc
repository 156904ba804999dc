#include "schema/scalar_keywords.h"

#include <algorithm>
#include <charconv>

namespace bb::schema {

std::uint64_t count_characters(std::string_view utf8) {
  return static_cast<std::uint64_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_multiple(const Divisor& divisor, std::string_view number, const JsonNode& node) {
  std::int64_t whole = 0;
  if ((node.flags & JsonNode::kPlainDigits) != 0 &&
      std::from_chars(number.data(), number.data() + number.size(), whole).ec == std::errc{}) {
    return divisor.divides(whole);
  }
  return divisor.divides(Decimal(number));
}

NumberFaults find_number_faults(const Subschema& schema, const JsonView& json,
                                const JsonNode& node) {
  const std::string_view text = json.raw(node);
  const Decimal value(text);
  NumberFaults faults;
  faults.minimum = schema.minimum && value < schema.minimum->value();
  faults.maximum = schema.maximum && value > schema.maximum->value();
  faults.exclusive_minimum = schema.exclusive_minimum && value <= schema.exclusive_minimum->value();
  faults.exclusive_maximum = schema.exclusive_maximum && value >= schema.exclusive_maximum->value();
  faults.multiple_of = schema.divisor && !is_multiple(*schema.divisor, text, node);
  return faults;
}

bool fits_constant(const Subschema& schema, const JsonView& json, std::uint32_t node,
                   EqualityScratch& scratch) {
  return !schema.constant ||
         json_equal(json, node, *schema.constant->document, schema.constant->index, scratch);
}

bool fits_enumeration(const Subschema& schema, const JsonView& json, std::uint32_t node,
                      EqualityScratch& scratch) {
  return !schema.has_enumeration ||
         std::any_of(schema.enumeration.begin(), schema.enumeration.end(),
                     [&](const JsonRef& value) {
                       return json_equal(json, node, *value.document, value.index, scratch);
                     });
}

}  // namespace bb::schema
