#include <algorithm>
#include <optional>
#include <utility>

#include "event/agent_context.h"
#include "event/cloud_event.h"
#include "event/envelope_fields.h"
#include "event/field_values.h"
#include "event/json_cursor.h"
#include "event/json_scanner.h"
#include "event/source.h"
#include "event/structural_errors.h"
#include "event/unknown_fields.h"

namespace bb {
namespace event {
namespace {

enum class Shape { kEnvelope, kLegacy };

struct TopLevelField {
  JsonMember member;
  FieldName name;
};

std::vector<TopLevelField> top_level_fields(std::string_view object) {
  std::vector<TopLevelField> fields;
  JsonMembers members(object);
  while (const auto member = members.next()) {
    fields.push_back({*member, FieldName(member->name)});
  }
  return fields;
}

// Legacy only if nothing of an envelope's own is there: a broken envelope is then
// reported as the envelope that it was meant to be.
Shape shape_of(const std::vector<TopLevelField>& fields) {
  const auto has = [&](std::string_view name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const TopLevelField& field) { return field.name.characters == name; });
  };
  const bool own = has("event_id") || has("timestamp") || has("payload");
  const bool legacy = has("id") || has("ts") || has("data");
  return legacy && !own ? Shape::kLegacy : Shape::kEnvelope;
}

// Reads the fields of one document and says all that is wrong with them.
class EnvelopeReader {
 public:
  explicit EnvelopeReader(Shape shape)
      : shape_(shape), names_(shape == Shape::kLegacy ? kLegacyFieldNames : kEnvelopeFieldNames) {}

  std::expected<Envelope, EnvelopeError> read(const std::vector<TopLevelField>& fields) {
    for (const TopLevelField& field : fields) read_field(field);
    require(EnvelopeField::kEventId, expected::kUuid);
    require(EnvelopeField::kEventType, expected::kEventType);
    require(EnvelopeField::kTimestamp, expected::kTimestamp);
    if (shape_ == Shape::kEnvelope) require(EnvelopeField::kVersion, expected::kString);
    require(EnvelopeField::kSource,
            shape_ == Shape::kLegacy ? expected::kString : expected::kObject);
    require(EnvelopeField::kPayload, expected::kObject);
    if (!errors_.empty()) return std::unexpected(EnvelopeError{std::nullopt, errors_.take()});
    add_legacy_parent();
    envelope_.unknown_fields = unknown_.take();
    return std::move(envelope_);
  }

 private:
  void read_field(const TopLevelField& field) {
    const std::string& name = field.name.characters;
    const auto known = std::find(names_.begin(), names_.end(), name);
    if (known == names_.end()) {
      if (!unknown_.claim(field.name, "", errors_)) return;
      if (shape_ == Shape::kLegacy && name == kLegacyCorrelationId) {
        legacy_parent_ = uuid_value(field.member.value);
      }
      if (name != kLegacyCorrelationId || !legacy_parent_) unknown_.keep(field.member);
      return;
    }
    const std::string pointer = pointer_to("", name);
    const auto index = static_cast<std::size_t>(known - names_.begin());
    if (std::exchange(seen_[index], true)) {
      errors_.add_described(pointer, expected::kUniqueField, "it again");
      return;
    }
    read_value(static_cast<EnvelopeField>(index), field.member.value, pointer);
  }

  void read_value(EnvelopeField field, std::string_view value, const std::string& pointer) {
    switch (field) {
      case EnvelopeField::kEventId:
        read_as(uuid_value(value), envelope_.event_id, value, pointer, expected::kUuid);
        break;
      case EnvelopeField::kEventType: {
        auto type = string_value(value);
        if (type && !is_event_type(*type)) type.reset();
        read_as(std::move(type), envelope_.event_type, value, pointer, expected::kEventType);
        break;
      }
      case EnvelopeField::kTimestamp:
        read_as(timestamp_value(value), envelope_.timestamp, value, pointer, expected::kTimestamp);
        break;
      case EnvelopeField::kVersion:
        envelope_.version = read_string(value, pointer, errors_);
        break;
      case EnvelopeField::kSource:
        envelope_.source = shape_ == Shape::kLegacy ? read_legacy_source(value, pointer)
                                                    : read_source(value, pointer, errors_);
        break;
      case EnvelopeField::kCorrelationIds:
        envelope_.correlation_ids = read_uuids(value, pointer, errors_);
        break;
      case EnvelopeField::kAgentContext:
        if (json_kind(value) == JsonKind::kNull) break;
        check_agent_context(value, pointer, errors_);
        envelope_.agent_context = RawJson(value);
        break;
      case EnvelopeField::kPayload:
        envelope_.payload = read_object(value, pointer, errors_);
        break;
    }
  }

  template <class T>
  void read_as(std::optional<T> meaning, T& target, std::string_view value,
               const std::string& pointer, std::string_view expected) {
    if (meaning) {
      target = *std::move(meaning);
    } else {
      errors_.add(pointer, expected, value);
    }
  }

  Source read_legacy_source(std::string_view value, const std::string& pointer) {
    return {.host = "unknown",
            .type = SourceType::kManual,
            .app = read_string(value, pointer, errors_),
            .meta = std::nullopt,
            .unknown_fields = {}};
  }

  void require(EnvelopeField field, std::string_view expected) {
    const auto index = static_cast<std::size_t>(field);
    if (!seen_[index]) errors_.add_missing(pointer_to("", names_[index]), expected);
  }

  void add_legacy_parent() {
    auto& parents = envelope_.correlation_ids;
    if (legacy_parent_ &&
        std::find(parents.begin(), parents.end(), *legacy_parent_) == parents.end()) {
      parents.push_back(*legacy_parent_);
    }
  }

  Shape shape_;
  const EnvelopeFieldNames& names_;
  std::array<bool, kEnvelopeFieldCount> seen_{};
  Envelope envelope_;
  UnknownFieldReader unknown_;
  std::optional<Uuid> legacy_parent_;
  StructuralErrors errors_;
};

std::expected<Envelope, EnvelopeError> read_document(std::string_view json, bool legacy_too) {
  if (auto fault = find_json_fault(json)) {
    return std::unexpected(EnvelopeError{locate(json, *std::move(fault)), {}});
  }
  if (json_kind(json) != JsonKind::kObject) {
    StructuralErrors errors;
    errors.add("", expected::kObject, json);
    return std::unexpected(EnvelopeError{std::nullopt, errors.take()});
  }
  const std::vector<TopLevelField> fields = top_level_fields(json);
  const auto is_version = [](const TopLevelField& field) {
    return field.name.characters == "specversion";
  };
  if (legacy_too && std::ranges::any_of(fields, is_version) && is_cloud_event(json)) {
    return parse_cloud_event(json);
  }
  return EnvelopeReader(legacy_too ? shape_of(fields) : Shape::kEnvelope).read(fields);
}

}  // namespace
}  // namespace event

std::expected<Envelope, EnvelopeError> parse_envelope(std::string_view json) {
  return event::read_document(json, /*legacy_too=*/false);
}

std::expected<Envelope, EnvelopeError> parse_any_envelope(std::string_view json) {
  return event::read_document(json, /*legacy_too=*/true);
}

}  // namespace bb
