#include "event/unknown_fields.h"

#include <algorithm>
#include <utility>

#include "event/json_scanner.h"
#include "event/json_string.h"
#include "event/raw_json.h"

namespace bb::event {
namespace {

// True if the text may stand between the quotes of a string.
bool is_escaped_string(std::string_view escaped) {
  std::string quoted;
  quoted.reserve(escaped.size() + 2);
  quoted.append("\"").append(escaped).append("\"");
  return !find_json_fault(quoted);
}

}  // namespace

FieldName::FieldName(std::string_view escaped) {
  DecodedString decoded = decode_json_string(escaped);
  characters = std::move(decoded.text);
  shown = decoded.well_formed ? characters : std::string(escaped);
}

bool UnknownFieldReader::claim(const FieldName& name, std::string_view parent_pointer,
                               StructuralErrors& errors) {
  if (names_.insert(name.characters).second) return true;
  errors.add_described(pointer_to(parent_pointer, name.shown), expected::kUniqueField, "it again");
  return false;
}

void check_unknown_fields(const UnknownFields& fields, std::span<const std::string_view> known,
                          std::size_t depth_around, std::string_view parent_pointer,
                          StructuralErrors& errors) {
  std::set<std::string> names;
  for (const auto& [escaped, value] : fields) {
    if (!is_escaped_string(escaped)) {
      errors.add(std::string(parent_pointer),
                 "field names that are JSON strings without the quotes", escaped);
      continue;
    }
    const FieldName name(escaped);
    const std::string pointer = pointer_to(parent_pointer, name.shown);
    const bool is_known = std::find(known.begin(), known.end(), name.characters) != known.end();
    if (is_known || !names.insert(name.characters).second) {
      errors.add_described(pointer, expected::kUniqueField, "it again");
    }
    check_raw_json(value, depth_around, pointer, "a JSON value", errors);
  }
}

void append_unknown_fields(std::string& out, const UnknownFields& fields) {
  for (const auto& [escaped, value] : fields) {
    out.append(",\"").append(escaped).append("\":").append(value);
  }
}

}  // namespace bb::event
