#include "event/cloud_event.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/base64.h"
#include "base/utf8.h"
#include "event/json_cursor.h"
#include "event/json_string.h"
#include "event/source.h"
#include "event/unknown_fields.h"

namespace bb::event {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    }
  }
  return out;
}

int digit(char c) {
  const std::size_t upper = kHexDigits.find(c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c);
  return upper == std::string_view::npos ? -1 : static_cast<int>(upper);
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Another one than ours is the host as a whole.
Source read_source(std::string_view uri) {
  Source source;
  source.host = uri;
  if (!uri.starts_with("//")) return source;
  const std::string_view rest = uri.substr(2);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (rest.find_first_of("?#") != std::string_view::npos) return source;
  source.host = decode(rest.substr(0, slash));
  if (slash + 1 < rest.size()) source.app = decode(rest.substr(slash + 1));
  return source;
}

std::string write_source(const Source& source) {
  std::string uri = "//" + encode(source.host);
  if (source.app) uri += "/" + encode(*source.app);
  return uri;
}

std::string object_of(const UnknownFields& fields) {
  std::string text;
  append_unknown_fields(text, fields);
  text.front() = '{';
  return text + '}';
}

void take_fields(std::string_view object, UnknownFields& fields) {
  JsonMembers members(object);
  while (const auto member = members.next()) fields.emplace_back(member->name, member->value);
}

bool is_object(std::string_view text) {
  return check_json(text) && json_kind(text) == JsonKind::kObject;
}

// An event type has lower-case words; those of others may have more.
std::string event_type_of(std::string_view type) {
  std::string name(type);
  if (is_event_type(name)) return name;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (!fine) c = '-';
  }
  return is_event_type(name) ? name : "cloudevents." + name;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void add_ids(std::string_view text, std::vector<Uuid>& ids) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto id = Uuid::parse(text.substr(0, end));
    if (id && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// What an attribute says, where it is one that says something to us; false: it does not.
bool read_extension(Envelope& envelope, std::string_view name, const std::string& value) {
  if (name == "causationid" || name == "causationids") {
    add_ids(value, envelope.correlation_ids);
  } else if (name == "sourcetype") {
    const auto type = parse_source_type(value);
    if (!type) return false;
    envelope.source.type = *type;
  } else if (name == "sourcemeta" && is_object(value)) {
    envelope.source.meta = value;
  } else if (name == "sourcefields" && is_object(value)) {
    take_fields(value, envelope.source.unknown_fields);
  } else if (name == "agentcontext" && is_object(value)) {
    envelope.agent_context = value;
  } else if (name == "envelopefields" && is_object(value)) {
    take_fields(value, envelope.unknown_fields);
  } else {
    return false;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::unexpected<EnvelopeError> missing(std::string_view name, std::string_view expected) {
  EnvelopeError error;
  error.structure.push_back({"/" + std::string(name), std::string(expected), "nothing"});
  return std::unexpected(std::move(error));
}

}  // namespace

CloudAttributes cloud_attributes(const Envelope& envelope) {
  CloudAttributes attributes{
      {"specversion", std::string(kCloudEventsVersion)}, {"id", envelope.event_id.to_string()},
      {"source", write_source(envelope.source)},         {"type", envelope.event_type},
      {"time", format_rfc3339(envelope.timestamp)},      {"datacontenttype", "application/json"},
  };
  if (!envelope.correlation_ids.empty()) {
    attributes.emplace_back("causationid", envelope.correlation_ids.front().to_string());
  }
  if (envelope.correlation_ids.size() > 1) {
    std::string all;
    for (const Uuid& id : envelope.correlation_ids)
      all += (all.empty() ? "" : ",") + id.to_string();
    attributes.emplace_back("causationids", std::move(all));
  }
  if (envelope.source.type != SourceType::kManual) {
    attributes.emplace_back("sourcetype", to_string(envelope.source.type));
  }
  if (envelope.source.meta) attributes.emplace_back("sourcemeta", *envelope.source.meta);
  if (!envelope.source.unknown_fields.empty()) {
    attributes.emplace_back("sourcefields", object_of(envelope.source.unknown_fields));
  }
  if (envelope.agent_context) attributes.emplace_back("agentcontext", *envelope.agent_context);
  if (!envelope.unknown_fields.empty()) {
    attributes.emplace_back("envelopefields", object_of(envelope.unknown_fields));
  }
  return attributes;
}

std::string write_cloud_event(const Envelope& envelope) {
  std::string json = "{";
  for (const auto& [name, value] : cloud_attributes(envelope)) {
    json += quoted(name) + ":" + quoted(value) + ",";
  }
  return json + "\"data\":" + envelope.payload + "}";
}

std::expected<Envelope, EnvelopeError> envelope_of_cloud_event(const CloudAttributes& attributes,
                                                               std::string_view data) {
  Envelope envelope;
  envelope.timestamp =
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::string_view id;
  std::string_view type;
  std::string_view source;
  for (const auto& [name, value] : attributes) {
    if (name == "id") id = value;
    if (name == "type") type = value;
    if (name == "source") source = value;
  }
  if (id.empty()) return missing("id", "a string");
  if (type.empty()) return missing("type", "a string");
  if (source.empty()) return missing("source", "a URI reference");
  envelope.source = read_source(source);
  envelope.event_type = event_type_of(type);
  if (const auto uuid = Uuid::parse(id)) {
    envelope.event_id = *uuid;
  } else {
    envelope.event_id =
        deterministic_event_id(envelope.event_type, std::string(source) + "|" + std::string(id));
    envelope.unknown_fields.emplace_back("cloudevents_id", quoted(id));
  }
  if (envelope.event_type != type) {
    envelope.unknown_fields.emplace_back("cloudevents_type", quoted(type));
  }
  constexpr std::array<std::string_view, 5> kRead{"specversion", "id", "type", "source",
                                                  "datacontenttype"};
  for (const auto& [name, value] : attributes) {
    if (std::ranges::find(kRead, name) != kRead.end()) continue;
    if (name == "time") {
      if (const auto time = parse_rfc3339(value)) envelope.timestamp = *time;
    } else if (!read_extension(envelope, name, value)) {
      envelope.unknown_fields.emplace_back(name, quoted(value));
    }
  }
  if (is_object(data)) {
    envelope.payload = trim_json(data);
  } else if (check_json(data)) {
    envelope.payload = "{\"data\":" + std::string(trim_json(data)) + "}";
  } else if (is_utf8(data)) {
    envelope.payload = "{\"data\":" + quoted(data) + "}";
  } else {
    envelope.payload = "{\"data_base64\":\"" + encode_base64(data) + "\"}";
  }
  // Whatever of it cannot be in an envelope is said as of one.
  if (auto errors = check_envelope(envelope); !errors.empty()) {
    return std::unexpected(EnvelopeError{std::nullopt, std::move(errors)});
  }
  return envelope;
}

bool is_cloud_event(std::string_view json) {
  if (json_kind(json) != JsonKind::kObject) return false;
  unsigned seen = 0;
  JsonMembers members(json);
  while (const auto member = members.next()) {
    if (json_kind(member->value) != JsonKind::kString) continue;
    if (member->name == "specversion") seen |= string_text(member->value).starts_with("1.") ? 1 : 0;
    if (member->name == "id") seen |= 2;
    if (member->name == "source") seen |= 4;
    if (member->name == "type") seen |= 8;
    if (member->name == "event_id") return false;  // an envelope with fields of that name
  }
  return seen == 15;
}

std::expected<Envelope, EnvelopeError> parse_cloud_event(std::string_view json) {
  CloudAttributes attributes;
  UnknownFields others;
  std::string data = "{}";
  JsonMembers members(json);
  while (const auto member = members.next()) {
    if (member->name == "data") {
      data = member->value;
      if (data == "null") data = "{}";
    } else if (member->name == "data_base64" && json_kind(member->value) == JsonKind::kString) {
      const auto bytes = decode_base64(decode_json_string(string_text(member->value)).text);
      data = bytes.value_or("");
    } else if (json_kind(member->value) == JsonKind::kString) {
      attributes.emplace_back(member->name, decode_json_string(string_text(member->value)).text);
    } else {
      others.emplace_back(member->name, member->value);
    }
  }
  auto envelope = envelope_of_cloud_event(attributes, data);
  if (!envelope) return envelope;
  for (auto& field : others) envelope->unknown_fields.push_back(std::move(field));
  if (auto errors = check_envelope(*envelope); !errors.empty()) {
    return std::unexpected(EnvelopeError{std::nullopt, std::move(errors)});
  }
  return envelope;
}

}  // namespace bb::event
