#include "correlation/redis_format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::correlation {
namespace {

std::string iso_time(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto us = std::chrono::floor<std::chrono::microseconds>(time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}+00:00",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), us);
}

// Python's isoformat() of a time without an offset, and of one with.
std::optional<Timestamp> read_iso_time(std::string text) {
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  if (const auto time = parse_rfc3339(text)) return *time;
  if (const auto time = parse_rfc3339(text + "Z")) return *time;
  return std::nullopt;
}

void read_parents(std::string_view array, std::vector<Uuid>& parents) {
  if (event::json_kind(array) != event::JsonKind::kArray) return;
  event::JsonElements elements(array);
  while (const auto element = elements.next()) {
    if (event::json_kind(*element) != event::JsonKind::kString) continue;
    const auto id = Uuid::parse(event::string_text(*element));
    if (id && std::ranges::find(parents, *id) == parents.end()) parents.push_back(*id);
  }
}

}  // namespace

std::string forward_key(const Uuid& child) {
  return std::string(kForwardPrefix) + child.to_string();
}

std::string reverse_key(const Uuid& parent) {
  return std::string(kReversePrefix) + parent.to_string();
}

std::string write_forward_value(const Link& link) {
  std::string json = "{\"parent_event_ids\":[";
  for (const Uuid& parent : link.parents) {
    if (json.back() != '[') json += ',';
    json += '"';
    json += parent.to_string();
    json += '"';
  }
  json += "],\"created_at\":\"";
  json += iso_time(link.created_at);
  json += "\",\"metadata\":";
  json += link.metadata;
  json += '}';
  return json;
}

std::optional<Link> read_forward_value(const Uuid& child, std::string_view json) {
  if (!check_json(json) || event::json_kind(json) != event::JsonKind::kObject) return std::nullopt;
  Link link(child, {});
  event::JsonMembers members(json);
  while (const auto member = members.next()) {
    if (member->name == "parent_event_ids") {
      read_parents(member->value, link.parents);
    } else if (member->name == "created_at") {
      if (event::json_kind(member->value) != event::JsonKind::kString) continue;
      const auto time =
          read_iso_time(event::decode_json_string(event::string_text(member->value)).text);
      if (time) link.created_at = *time;
    } else if (member->name == "metadata") {
      if (event::json_kind(member->value) == event::JsonKind::kObject)
        link.metadata = member->value;
    }
  }
  return link;
}

}  // namespace bb::correlation
