#include "cli/publish_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "cli/display_text.h"
#include "cli/input.h"
#include "cli/json_stream.h"
#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::cli {
namespace {

using Planned = Result<std::vector<PlannedEvent>>;

constexpr std::string_view kSourceChoices =
    "--payload-file FILE, --json JSON, --envelope-file FILE or --envelope-json JSON";

std::string not_json(std::string_view name, const JsonError& error) {
  return fmt::format("{} is not JSON: line {}, column {}: {}", name, error.line, error.column,
                     error.reason);
}

std::unexpected<Error> not_envelope(std::string_view name,
                                    const std::vector<StructuralError>& errors) {
  std::vector<std::string> parts;
  for (const StructuralError& error : errors) {
    parts.push_back(fmt::format("{}: expected {}, found {}",
                                error.pointer.empty() ? "the document" : error.pointer,
                                error.expected, error.found));
  }
  return fail(ErrorCode::kInvalidEnvelope,
              fmt::format("{} is not an event envelope: {}", name, fmt::join(parts, "; ")));
}

std::optional<Error> check_event_type(const std::string& event_type) {
  if (is_event_type(event_type)) return std::nullopt;
  return Error{ErrorCode::kUsage,
               fmt::format("'{}' is not an event type: it is two or more words of a-z, 0-9, - and "
                           "_ with dots between them, such as transcription.voice.completed",
                           shorten(event_type, 80))};
}

// Options that do not go together.
std::optional<Error> check_combination(const PublishOptions& options) {
  const int sources = options.payload_file.has_value() + options.json.has_value() +
                      options.envelope_file.has_value() + options.envelope_json.has_value();
  if (sources == 0) {
    return Error{ErrorCode::kUsage,
                 fmt::format("what to publish is missing: give exactly one of {}; see 'bb help "
                             "publish'",
                             kSourceChoices)};
  }
  if (sources > 1) {
    return Error{ErrorCode::kUsage, fmt::format("more than one payload is given: give exactly one "
                                                "of {}; see 'bb help publish'",
                                                kSourceChoices)};
  }
  if (options.payload_file || options.json) {
    if (options.event_type) return check_event_type(*options.event_type);
    return Error{ErrorCode::kUsage, "EVENT_TYPE is missing; see 'bb help publish'"};
  }
  const std::array<std::pair<std::string_view, bool>, 5> kBuilding{{
      {"--event-id", options.event_id.has_value()},
      {"--correlation-id", !options.correlation_ids.empty()},
      {"--source-type", options.source_type.has_value()},
      {"--source-app", options.source_app.has_value()},
      {"--source-host", options.source_host.has_value()},
  }};
  for (const auto& [name, given] : kBuilding) {
    if (!given) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("{} does not go with --envelope-{}: the envelope says it already",
                             name, options.envelope_file ? "file" : "json")};
  }
  if (options.event_type) return check_event_type(*options.event_type);
  return std::nullopt;
}

std::string_view trim_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string own_host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

// The wire contract's readers include parsers that stop at microseconds.
Timestamp now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string_view kind_of(std::string_view json) {
  switch (json.front()) {
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

Planned plan_payload(const PublishOptions& options, const Input& input) {
  if (const auto json = check_json(input.text); !json) {
    return fail(ErrorCode::kInvalidJson, not_json(input.name, json.error()));
  }
  const std::string_view payload = trim_space(input.text);
  if (payload.front() != '{') {
    return fail(ErrorCode::kInvalidEnvelope,
                fmt::format("{}: the payload must be a JSON object, it is {}", input.name,
                            kind_of(payload)));
  }
  Envelope envelope;
  envelope.event_id = options.event_id.value_or(Uuid::v7(std::chrono::system_clock::now()));
  envelope.event_type = *options.event_type;
  envelope.timestamp = now();
  envelope.source.host = options.source_host.value_or(own_host());
  envelope.source.type = options.source_type.value_or(SourceType::kManual);
  envelope.source.app = options.source_app;
  envelope.correlation_ids = options.correlation_ids;
  envelope.payload = payload;
  // Options can hold what JSON text cannot: bytes that are not UTF-8.
  for (const std::string& text : {envelope.source.host, envelope.source.app.value_or("")}) {
    if (!is_valid_utf8(text)) {
      return fail(ErrorCode::kUsage, fmt::format("'{}' is not UTF-8", text));
    }
  }
  if (const auto errors = check_envelope(envelope); !errors.empty()) {
    return not_envelope("the event", errors);
  }
  return Planned{{plan_event(envelope, serialize(envelope))}};
}

// The id in the spelling of the envelope: receivers compare the message's with that as texts.
// `text` is one that parse_envelope() accepts.
std::string event_id_text(std::string_view text) {
  event::JsonMembers members(text);
  while (const auto member = members.next()) {
    if (event::decode_json_string(member->name).text != "event_id") continue;
    return event::decode_json_string(event::string_text(member->value)).text;
  }
  return {};
}

Planned plan_envelopes(const PublishOptions& options, const Input& input) {
  const std::vector<StreamValue> values = split_json_stream(input.text);
  if (values.empty()) {
    return fail(ErrorCode::kInvalidJson, fmt::format("{} holds no envelope", input.name));
  }
  std::vector<PlannedEvent> events;
  events.reserve(values.size());
  for (const StreamValue& value : values) {
    const std::string name =
        values.size() == 1
            ? input.name
            : fmt::format("{}, envelope {} (line {})", input.name, events.size() + 1, value.line);
    const auto envelope = parse_envelope(value.text);
    if (!envelope) {
      const EnvelopeError& error = envelope.error();
      if (!error.json) return not_envelope(name, error.structure);
      return fail(ErrorCode::kInvalidJson,
                  not_json(input.name, locate_in_stream(*error.json, value)));
    }
    if (options.event_type && envelope->event_type != *options.event_type) {
      return fail(ErrorCode::kUsage, fmt::format("{} is a '{}', not a '{}' as the command says",
                                                 name, envelope->event_type, *options.event_type));
    }
    events.push_back(plan_event(*envelope, std::string(value.text)));
    events.back().event_id = event_id_text(value.text);
  }
  return events;
}

}  // namespace

Planned plan_publish(const PublishOptions& options) {
  if (auto error = check_combination(options)) return fail(*std::move(error));
  const auto input = [&]() -> Result<Input> {
    if (options.payload_file) return read_input(*options.payload_file, kEventBytesMax);
    if (options.json) return read_inline_or_file("--json", *options.json, kEventBytesMax);
    if (options.envelope_file) return read_input(*options.envelope_file, kStreamBytesMax);
    return Input{"--envelope-json", *options.envelope_json};
  }();
  if (!input) return fail(input.error());
  const bool is_payload = options.payload_file || options.json;
  return is_payload ? plan_payload(options, *input) : plan_envelopes(options, *input);
}

}  // namespace bb::cli
