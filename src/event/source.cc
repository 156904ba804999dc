#include "event/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "event/field_values.h"
#include "event/json_cursor.h"
#include "event/json_string.h"
#include "event/raw_json.h"
#include "event/unknown_fields.h"

namespace bb {
namespace {

constexpr std::array<std::pair<std::string_view, SourceType>, 5> kSourceTypes{{
    {"manual", SourceType::kManual},
    {"agent", SourceType::kAgent},
    {"scheduled", SourceType::kScheduled},
    {"file_watch", SourceType::kFileWatch},
    {"hook", SourceType::kHook},
}};

}  // namespace

std::string_view to_string(SourceType type) {
  const auto row = std::find_if(kSourceTypes.begin(), kSourceTypes.end(),
                                [&](const auto& entry) { return entry.second == type; });
  return row == kSourceTypes.end() ? "" : row->first;
}

Result<SourceType> parse_source_type(std::string_view name) {
  for (const auto& [text, type] : kSourceTypes) {
    if (text == name) return type;
  }
  return fail(ErrorCode::kUsage, fmt::format("unknown source type '{}'; it is {}",
                                             printable(name, 40), event::expected_source_type()));
}

}  // namespace bb

namespace bb::event {
namespace {

enum class Field { kHost, kType, kApp, kMeta };

constexpr std::array<std::string_view, 4> kFieldNames{"host", "type", "app", "meta"};

// The envelope and the source itself are around a value in the source.
constexpr std::size_t kDepthAround = 2;

std::string pointer_to_field(std::string_view pointer, Field field) {
  return pointer_to(pointer, kFieldNames[static_cast<std::size_t>(field)]);
}

void read_field(Field field, std::string_view value, const std::string& pointer, Source& source,
                StructuralErrors& errors) {
  switch (field) {
    case Field::kHost:
      source.host = read_string(value, pointer, errors);
      break;
    case Field::kType: {
      const auto name = string_value(value);
      const auto type = parse_source_type(name.value_or(""));
      if (type) {
        source.type = *type;
      } else {
        errors.add(pointer, expected_source_type(), value);
      }
      break;
    }
    case Field::kApp:
      if (json_kind(value) != JsonKind::kNull) {
        source.app = read_string(value, pointer, errors, expected::kStringOrNull);
      }
      break;
    case Field::kMeta:
      source.meta = read_optional_object(value, pointer, errors);
      break;
  }
}

}  // namespace

const std::string& expected_source_type() {
  static const std::string text = [] {
    std::string list = "one of ";
    for (const auto& [name, type] : kSourceTypes) {
      if (&name != &kSourceTypes.front().first) list += ", ";
      list += name;
    }
    return list;
  }();
  return text;
}

Source read_source(std::string_view value, std::string_view pointer, StructuralErrors& errors) {
  Source source;
  if (json_kind(value) != JsonKind::kObject) {
    errors.add(std::string(pointer), expected::kObject, value);
    return source;
  }
  std::array<bool, kFieldNames.size()> seen{};
  UnknownFieldReader unknown;
  JsonMembers members(value);
  while (const auto member = members.next()) {
    const FieldName name(member->name);
    const auto known = std::find(kFieldNames.begin(), kFieldNames.end(), name.characters);
    if (known == kFieldNames.end()) {
      if (unknown.claim(name, pointer, errors)) unknown.keep(*member);
      continue;
    }
    const std::string field_pointer = pointer_to(pointer, name.shown);
    const auto index = static_cast<std::size_t>(known - kFieldNames.begin());
    if (std::exchange(seen[index], true)) {
      errors.add_described(field_pointer, expected::kUniqueField, "it again");
      continue;
    }
    read_field(static_cast<Field>(index), member->value, field_pointer, source, errors);
  }
  const auto require = [&](Field field, std::string_view expected) {
    if (seen[static_cast<std::size_t>(field)]) return;
    errors.add_missing(pointer_to_field(pointer, field), expected);
  };
  require(Field::kHost, expected::kString);
  require(Field::kType, expected_source_type());
  source.unknown_fields = unknown.take();
  return source;
}

void check_source(const Source& source, std::string_view pointer, StructuralErrors& errors) {
  check_utf8(source.host, pointer_to_field(pointer, Field::kHost), errors);
  if (to_string(source.type).empty()) {
    errors.add_described(pointer_to_field(pointer, Field::kType), expected_source_type(),
                         fmt::format("number {}", static_cast<int>(source.type)));
  }
  if (source.app) check_utf8(*source.app, pointer_to_field(pointer, Field::kApp), errors);
  if (source.meta) {
    check_raw_object(*source.meta, kDepthAround, pointer_to_field(pointer, Field::kMeta),
                     expected::kObjectOrNull, errors);
  }
  check_unknown_fields(source.unknown_fields, kFieldNames, kDepthAround, pointer, errors);
}

void append_source(std::string& out, const Source& source) {
  out += "{\"host\":";
  append_json_string(out, source.host);
  out.append(",\"type\":\"").append(to_string(source.type)).append("\",\"app\":");
  if (source.app) {
    append_json_string(out, *source.app);
  } else {
    out += "null";
  }
  out.append(",\"meta\":").append(source.meta ? std::string_view(*source.meta) : "null");
  append_unknown_fields(out, source.unknown_fields);
  out += '}';
}

}  // namespace bb::event
