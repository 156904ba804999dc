#include "correlation/redis_format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "correlation/unique_ids.h"

namespace bb::correlation {
namespace {

using schema::JsonNode;
using schema::JsonType;
using schema::JsonView;

constexpr std::array<std::string_view, 3> kNonFinite{"NaN", "Infinity", "-Infinity"};

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

std::vector<Uuid> read_parents(const JsonView& json, std::uint32_t array) {
  UniqueIds parents;
  for (auto element = array + 1; element < json[array].next; element = json[element].next) {
    if (!json[element].is(JsonType::kString)) continue;
    if (const auto id = Uuid::parse(json.raw(json[element]))) parents.add(*id);
  }
  return std::move(parents).take();
}

// json.dumps() of Python writes NaN, Infinity and -Infinity, which are no JSON: null for each.
std::string without_non_finite(std::string_view text) {
  std::string json;
  bool in_string = false;
  while (!text.empty()) {
    if (!in_string) {
      const auto* const word = std::ranges::find_if(
          kNonFinite, [text](std::string_view each) { return text.starts_with(each); });
      if (word != kNonFinite.end()) {
        json += "null";
        text.remove_prefix(word->size());
        continue;
      }
    }
    std::size_t taken = 1;
    if (text.front() == '"') in_string = !in_string;
    if (in_string && text.front() == '\\') taken = std::min<std::size_t>(2, text.size());
    json += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return json;
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

std::optional<Link> ForwardValueReader::read(const Uuid& child, std::string_view text) {
  std::string cleaned;
  if (!reader_.read(text)) {
    cleaned = without_non_finite(text);
    if (!reader_.read(cleaned)) return std::nullopt;
  }
  const JsonView& json = reader_.view();
  if (!json[0].is(JsonType::kObject)) return std::nullopt;
  Link link(child, {});
  for (std::uint32_t name = 1; name < json[0].next; name = json[name].next) {
    const std::string_view field = json.raw(json[name]);
    const JsonNode& value = json[name + 1];
    if (field == "parent_event_ids") {
      if (value.is(JsonType::kArray)) link.parents = read_parents(json, name + 1);
    } else if (field == "created_at") {
      std::string buffer;
      if (!value.is(JsonType::kString)) continue;
      if (const auto time = read_iso_time(std::string(json.characters(value, buffer)))) {
        link.created_at = *time;
      }
    } else if (field == "metadata") {
      if (value.is(JsonType::kObject)) link.metadata = json.source(name + 1);
    }
  }
  return link;
}

}  // namespace bb::correlation
