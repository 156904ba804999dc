#include "correlation/event_reader.h"

#include <algorithm>

namespace bb::correlation {
namespace {

using schema::JsonNode;
using schema::JsonType;
using schema::JsonView;

void add(std::vector<Uuid>& ids, std::string_view text) {
  const auto id = Uuid::parse(text);
  if (id && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
}

void add_elements(std::vector<Uuid>& ids, const JsonView& json, std::uint32_t array) {
  for (auto element = array + 1; element < json[array].next; element = json[element].next) {
    if (json[element].is(JsonType::kString)) add(ids, json.raw(json[element]));
  }
}

}  // namespace

std::vector<Uuid> read_id_list(std::string_view text) {
  std::vector<Uuid> ids;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) add(ids, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ids;
}

std::optional<SeenEvent> EventReader::read(std::string_view body) {
  if (!reader_.read(body)) return std::nullopt;
  const JsonView& json = reader_.view();
  if (!json[0].is(JsonType::kObject)) return std::nullopt;
  std::optional<Uuid> event_id;  // of an envelope
  std::optional<Uuid> id;        // of the legacy shape, and of CloudEvents
  std::vector<Uuid> parents;     // of an envelope
  std::vector<Uuid> one_parent;  // of the legacy shape
  std::vector<Uuid> causes;      // of CloudEvents
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
      }
    }
  }
  if (event_id) return SeenEvent{*event_id, std::move(parents)};
  if (!id) return std::nullopt;
  return SeenEvent{*id, causes.empty() ? std::move(one_parent) : std::move(causes)};
}

}  // namespace bb::correlation
