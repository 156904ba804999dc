#include "server/envelope_glance.h"

#include <array>
#include <cstdint>
#include <utility>

#include "bloodbank/envelope.h"

namespace bb::server {
namespace {

using schema::JsonNode;
using schema::JsonType;
using schema::JsonView;
using Index = std::uint32_t;

bool is_plain_string(const JsonNode& node) {
  return node.is(JsonType::kString) && !node.is_escaped();
}

bool is_uuid(const JsonView& json, const JsonNode& node) {
  return is_plain_string(node) && Uuid::parse(json.raw(node));
}

// A set of names, each seen once at most.
class Fields {
 public:
  // False if it was there before.
  bool claim(unsigned field) {
    return (std::exchange(seen_, seen_ | 1U << field) >> field & 1) == 0;
  }
  bool has_all(unsigned mask) const { return (seen_ & mask) == mask; }

 private:
  unsigned seen_ = 0;
};

template <std::size_t count>
std::optional<unsigned> find(const std::array<std::string_view, count>& names,
                             std::string_view name) {
  for (unsigned i = 0; i < count; ++i) {
    if (names[i] == name) return i;
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 4> kSourceNames{"host", "type", "app", "meta"};
constexpr unsigned kSourceRequired = 0b0011;

bool is_source(const JsonView& json, Index object) {
  if (!json[object].is(JsonType::kObject)) return false;
  Fields fields;
  for (Index name = object + 1; name < json[object].next; name = json[name].next) {
    const auto field =
        json[name].is_escaped() ? std::nullopt : find(kSourceNames, json.raw(json[name]));
    if (!field || !fields.claim(*field)) return false;
    const JsonNode& value = json[name + 1];
    const bool null = value.is(JsonType::kNull);
    switch (*field) {
      case 0:
        if (!is_plain_string(value)) return false;
        break;
      case 1:
        if (!is_plain_string(value) || !parse_source_type(json.raw(value))) return false;
        break;
      case 2:
        if (!null && !is_plain_string(value)) return false;
        break;
      default:
        if (!null) return false;
    }
  }
  return fields.has_all(kSourceRequired);
}

bool are_uuids(const JsonView& json, Index array) {
  if (!json[array].is(JsonType::kArray)) return false;
  for (Index element = array + 1; element < json[array].next; element = json[element].next) {
    if (!is_uuid(json, json[element])) return false;
  }
  return true;
}

constexpr std::array<std::string_view, 8> kNames{"event_id",        "event_type",   "timestamp",
                                                 "version",         "source",       "payload",
                                                 "correlation_ids", "agent_context"};
constexpr unsigned kRequired = 0b0011'1111;

}  // namespace

std::optional<SeenEnvelope> EnvelopeGlance::read(std::string_view text) {
  if (!reader_.read(text)) return std::nullopt;
  const JsonView& json = reader_.view();
  if (!json[0].is(JsonType::kObject)) return std::nullopt;
  SeenEnvelope seen;
  Fields fields;
  for (Index name = 1; name < json[0].next; name = json[name].next) {
    const auto field = json[name].is_escaped() ? std::nullopt : find(kNames, json.raw(json[name]));
    if (!field || !fields.claim(*field)) return std::nullopt;
    const Index index = name + 1;
    const JsonNode& value = json[index];
    bool fine = false;
    switch (*field) {
      case 0:
        fine = is_uuid(json, value);
        break;
      case 1:
        seen.event_type = is_plain_string(value) ? json.raw(value) : std::string_view();
        fine = is_event_type(seen.event_type);
        break;
      case 2:
        fine = is_plain_string(value) && parse_rfc3339(json.raw(value));
        break;
      case 3:
        fine = is_plain_string(value);
        break;
      case 4:
        fine = is_source(json, index);
        break;
      case 5:
        fine = value.is(JsonType::kObject);
        seen.payload = json.source(index);
        break;
      case 6:
        fine = are_uuids(json, index);
        break;
      default:
        fine = value.is(JsonType::kNull);
    }
    if (!fine) return std::nullopt;
  }
  if (!fields.has_all(kRequired)) return std::nullopt;
  return seen;
}

}  // namespace bb::server
