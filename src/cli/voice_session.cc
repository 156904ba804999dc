#include "cli/voice_session.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/try.h"

namespace bb::cli {
namespace {

// The text of a payload's field, or nothing.
std::string text_field(const simdjson::dom::element& object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

Result<void> read_payload(SessionEvent& event) {
  simdjson::dom::parser parser;
  simdjson::dom::element payload;
  if (parser.parse(event.payload).get(payload) != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidJson, "the payload cannot be read");
  }
  event.text = text_field(payload, "text");
  event.speaker = text_field(payload, "speaker");
  event.segment_id = text_field(payload, "segment_id");
  event.in_reply_to = text_field(payload, "in_reply_to");
  bool is_final = false;
  if (payload["is_final"].get(is_final) == simdjson::SUCCESS) event.is_final = is_final;
  simdjson::dom::element error;
  if (event.text.empty() && payload["error"].get(error) == simdjson::SUCCESS) {
    event.text = text_field(error, "message");
  }
  return {};
}

Result<SessionEvent> parse_line(std::string_view line) {
  if (const auto json = check_json(line); !json) {
    return fail(ErrorCode::kInvalidJson,
                fmt::format("column {}: {}", json.error().column, json.error().reason));
  }
  const simdjson::padded_string padded(line);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  std::string_view event_type;
  std::int64_t offset = 0;
  simdjson::ondemand::object payload;
  std::string_view payload_text;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidEnvelope, "it is not an object");
  }
  SessionEvent event;
  if (object["event_type"].get(event_type) != simdjson::SUCCESS || !is_event_type(event_type)) {
    return fail(ErrorCode::kInvalidEnvelope, "event_type is missing or none");
  }
  event.event_type = event_type;
  if (object["offset_ms"].get(offset) != simdjson::SUCCESS || offset < 0) {
    return fail(ErrorCode::kInvalidEnvelope, "offset_ms is missing or no whole number");
  }
  event.offset = std::chrono::milliseconds(offset);
  if (object["payload"].get_object().get(payload) != simdjson::SUCCESS ||
      payload.raw_json().get(payload_text) != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidEnvelope, "payload is missing or no object");
  }
  event.payload = payload_text;
  BB_TRY(read_payload(event));
  return event;
}

}  // namespace

Result<std::vector<SessionEvent>> parse_session(std::string_view lines) {
  std::vector<SessionEvent> events;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto event = parse_line(line);
    if (!event) {
      return fail(event.error().code, fmt::format("line {}: {}", number, event.error().message));
    }
    if (!events.empty() && event->offset < events.back().offset) {
      return fail(ErrorCode::kInvalidEnvelope, fmt::format("line {}: offset_ms falls", number));
    }
    events.push_back(*std::move(event));
  }
  if (events.empty()) return fail(ErrorCode::kInvalidEnvelope, "it holds no event");
  return events;
}

std::vector<std::optional<std::size_t>> session_causes(const std::vector<SessionEvent>& events) {
  std::map<std::string, std::size_t, std::less<>> first_of_segment;
  std::map<std::string, std::size_t, std::less<>> last_of_segment;
  std::vector<std::optional<std::size_t>> causes;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const SessionEvent& event = events[i];
    std::optional<std::size_t> cause;
    if (i > 0) cause = 0;
    if (const auto answered = last_of_segment.find(event.in_reply_to);
        answered != last_of_segment.end()) {
      cause = answered->second;
    } else if (!event.segment_id.empty()) {
      const auto [first, is_first] = first_of_segment.emplace(event.segment_id, i);
      if (!is_first) cause = first->second;
      last_of_segment[event.segment_id] = i;
    }
    causes.push_back(cause);
  }
  return causes;
}

}  // namespace bb::cli
