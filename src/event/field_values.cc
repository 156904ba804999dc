#include "event/field_values.h"

#include <utility>

#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::event {

std::optional<std::string> string_value(std::string_view value) {
  if (json_kind(value) != JsonKind::kString) return std::nullopt;
  DecodedString decoded = decode_json_string(string_text(value));
  if (!decoded.well_formed) return std::nullopt;
  return std::move(decoded.text);
}

std::optional<Uuid> uuid_value(std::string_view value) {
  const auto text = string_value(value);
  if (!text) return std::nullopt;
  const auto id = Uuid::parse(*text);
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<Timestamp> timestamp_value(std::string_view value) {
  const auto text = string_value(value);
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  return time ? std::optional(*time) : std::nullopt;
}

std::string read_string(std::string_view value, const std::string& pointer,
                        StructuralErrors& errors, std::string_view expected) {
  if (auto text = string_value(value)) return *std::move(text);
  const bool is_string = json_kind(value) == JsonKind::kString;
  errors.add(pointer, is_string ? expected::kCharacters : expected, value);
  return {};
}

std::vector<Uuid> read_uuids(std::string_view value, const std::string& pointer,
                             StructuralErrors& errors) {
  std::vector<Uuid> ids;
  if (json_kind(value) != JsonKind::kArray) {
    errors.add(pointer, expected::kUuidArray, value);
    return ids;
  }
  JsonElements elements(value);
  for (std::size_t index = 0; const auto element = elements.next(); ++index) {
    if (const auto id = uuid_value(*element)) {
      ids.push_back(*id);
    } else {
      errors.add(pointer_to(pointer, index), expected::kUuid, *element);
    }
  }
  return ids;
}

RawJson read_object(std::string_view value, const std::string& pointer, StructuralErrors& errors) {
  if (json_kind(value) == JsonKind::kObject) return RawJson(value);
  errors.add(pointer, expected::kObject, value);
  return {};
}

std::optional<RawJson> read_optional_object(std::string_view value, const std::string& pointer,
                                            StructuralErrors& errors) {
  const JsonKind kind = json_kind(value);
  if (kind == JsonKind::kObject) return RawJson(value);
  if (kind != JsonKind::kNull) errors.add(pointer, expected::kObjectOrNull, value);
  return std::nullopt;
}

}  // namespace bb::event
