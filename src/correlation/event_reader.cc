#include "correlation/event_reader.h"

#include <algorithm>
#include <utility>

#include "correlation/unique_ids.h"
#include "event/cloud_event.h"

namespace bb::correlation {
namespace {

using schema::JsonNode;
using schema::JsonType;
using schema::JsonView;

void add(UniqueIds& ids, std::string_view text) {
  if (const auto id = Uuid::parse(text)) ids.add(*id);
}

void add_elements(UniqueIds& ids, const JsonView& json, std::uint32_t array) {
  for (auto element = array + 1; element < json[array].next; element = json[element].next) {
    if (json[element].is(JsonType::kString)) add(ids, json.raw(json[element]));
  }
}

SeenEvent seen(const Uuid& id, std::vector<Uuid> parents) {
  if (parents.size() > kParentsMax) parents.resize(kParentsMax);
  return {id, std::move(parents)};
}

// Of an event in CloudEvents' structured mode whose id is no UUID.
std::optional<SeenEvent> read_cloud_event(std::string_view body) {
  if (!event::is_cloud_event(body)) return std::nullopt;
  auto envelope = event::parse_cloud_event(body);
  if (!envelope) return std::nullopt;
  UniqueIds parents(std::move(envelope->correlation_ids));
  return seen(envelope->event_id, std::move(parents).take());
}

}  // namespace

std::vector<Uuid> read_id_list(std::string_view text) {
  UniqueIds ids;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) add(ids, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(ids).take();
}

std::optional<SeenEvent> EventReader::read(std::string_view body) {
  if (!reader_.read(body)) return std::nullopt;
  const JsonView& json = reader_.view();
  if (!json[0].is(JsonType::kObject)) return std::nullopt;
  std::optional<Uuid> event_id;  // of an envelope
  std::optional<Uuid> id;        // of the legacy shape, and of CloudEvents
  bool is_cloud_event = false;
  UniqueIds parents;         // of an envelope
  UniqueIds one_parent;      // of the legacy shape
  std::vector<Uuid> causes;  // of CloudEvents
  for (std::uint32_t name = 1; name < json[0].next; name = json[name].next) {
    const std::string_view field = json.raw(json[name]);
    const JsonNode& value = json[name + 1];
    if (field == "correlation_ids" && value.is(JsonType::kArray)) {
      add_elements(parents, json, name + 1);
    } else if (value.is(JsonType::kString)) {
      const std::string_view text = json.raw(value);
      if (field == "event_id") {
        if (const auto parsed = Uuid::parse(text)) event_id = *parsed;
      } else if (field == "id") {
        if (const auto parsed = Uuid::parse(text)) id = *parsed;
      } else if (field == "correlation_id") {
        add(one_parent, text);
      } else if (field == "causationids") {
        causes = read_id_list(text);
      } else if (field == "causationid") {
        if (causes.empty()) causes = read_id_list(text);
      } else if (field == "specversion") {
        is_cloud_event = true;
      }
    }
  }
  if (event_id) return seen(*event_id, std::move(parents).take());
  if (id) return seen(*id, causes.empty() ? std::move(one_parent).take() : std::move(causes));
  return is_cloud_event ? read_cloud_event(body) : std::nullopt;
}

}  // namespace bb::correlation
