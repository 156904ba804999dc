#include "filter/operators.h"

#include <compare>
#include <cstring>
#include <optional>
#include <string_view>

#include "schema/decimal.h"
#include "schema/json_equal.h"
#include "schema/json_pointer.h"

namespace bb::filter {
namespace {

using schema::Decimal;
using schema::JsonNode;
using schema::JsonType;
using schema::JsonView;

bool is_number(Value value) {
  return value.is(JsonType::kInteger) || value.is(JsonType::kNumber);
}

bool are_strings(Value left, Value right) {
  return left.is(JsonType::kString) && right.is(JsonType::kString);
}

std::string_view characters(Value string, std::string& buffer) {
  return string.json->characters(string.node(), buffer);
}

Decimal number(Value value) {
  return Decimal(value.json->raw(value.node()));
}

// Nothing where there is no order.
std::optional<std::strong_ordering> order(Value left, Value right, FilterScratch& scratch) {
  if (is_number(left) && is_number(right)) return number(left) <=> number(right);
  if (are_strings(left, right)) {
    // The order of UTF-8's bytes is that of the code points.
    return characters(left, scratch.left) <=> characters(right, scratch.right);
  }
  return std::nullopt;
}

// Unlike std::string_view::find(), memmem() is linear whatever the event has brought along: the
// texts may both come from it.
bool has_substring(std::string_view text, std::string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

// Above this a value is not compared with each element of an array before their hashes are: or the
// product of its size and of the array's length would be what an event can ask for.
constexpr std::uint32_t kComparedBytesMax = 64;

bool has_element(Value array, Value element, FilterScratch& scratch) {
  const JsonView& json = *array.json;
  const JsonType type = element.node().type;
  const bool is_small = type != JsonType::kArray && type != JsonType::kObject &&
                        element.node().size <= kComparedBytesMax;
  const std::uint64_t hash =
      is_small ? 0 : json_hash(*element.json, element.index, scratch.equality);
  for (std::uint32_t at = array.index + 1; at < array.node().next; at = json[at].next) {
    if (!json[at].is(type)) continue;
    if (!is_small && json_hash(json, at, scratch.equality) != hash) continue;
    if (json_equal(json, at, *element.json, element.index, scratch.equality)) return true;
  }
  return false;
}

}  // namespace

bool is_true(Value value) {
  return value.is(JsonType::kBoolean) && value.node().is_true();
}

bool equals(Value left, Value right, FilterScratch& scratch) {
  if (left.is_missing() || right.is_missing()) return false;
  return json_equal(*left.json, left.index, *right.json, right.index, scratch.equality);
}

bool is_less(Value left, Value right, FilterScratch& scratch) {
  const auto found = order(left, right, scratch);
  return found && *found < 0;
}

bool is_less_or_equal(Value left, Value right, FilterScratch& scratch) {
  const auto found = order(left, right, scratch);
  return found && *found <= 0;
}

bool contains(Value whole, Value part, FilterScratch& scratch) {
  if (whole.is_missing() || part.is_missing()) return false;
  if (whole.is(JsonType::kArray)) return has_element(whole, part, scratch);
  if (!part.is(JsonType::kString)) return false;
  const std::string_view name = characters(part, scratch.right);
  if (whole.is(JsonType::kObject)) {
    return find_member(*whole.json, whole.index, name, scratch.left).has_value();
  }
  return whole.is(JsonType::kString) && has_substring(characters(whole, scratch.left), name);
}

bool starts_with(Value text, Value prefix, FilterScratch& scratch) {
  return are_strings(text, prefix) &&
         characters(text, scratch.left).starts_with(characters(prefix, scratch.right));
}

bool ends_with(Value text, Value suffix, FilterScratch& scratch) {
  return are_strings(text, suffix) &&
         characters(text, scratch.left).ends_with(characters(suffix, scratch.right));
}

}  // namespace bb::filter
