#include "cli/publish_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/host_name.h"
#include "base/try.h"
#include "cli/display_text.h"
#include "cli/input.h"
#include "cli/json_stream.h"
#include "event/json_cursor.h"
#include "event/json_string.h"
#include "schema/routing_key_template.h"

namespace bb::cli {
namespace {

using Planned = Result<std::vector<PlannedEvent>>;

constexpr std::string_view kSourceChoices =
    "--payload-file FILE, --json JSON, --envelope-file FILE, --envelope-json JSON, --jsonl FILE or "
    "--mock";

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

Result<void> check_event_type(const std::string& event_type) {
  if (schema::is_template(event_type)) return schema::check_template(event_type);
  if (is_event_type(event_type)) return {};
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is not an event type: it is two or more words of a-z, 0-9, - and "
                          "_ with dots between them, such as transcription.voice.completed",
                          shorten(event_type, 80)));
}

std::size_t count_sources(const PublishOptions& options) {
  const std::array<bool, 6> given{
      options.payload_file.has_value(),  options.json.has_value(),
      options.envelope_file.has_value(), options.envelope_json.has_value(),
      options.lines_file.has_value(),    options.mock};
  return static_cast<std::size_t>(std::count(given.begin(), given.end(), true));
}

// The option that brings envelopes, as messages call it.
std::string_view envelope_option(const PublishOptions& options) {
  if (options.envelope_file) return "--envelope-file";
  return options.envelope_json ? "--envelope-json" : "--envelopes";
}

Result<void> check_with_payload(const PublishOptions& options) {
  if (!options.event_type) {
    return fail(ErrorCode::kUsage, "EVENT_TYPE is missing; see 'bb help publish'");
  }
  BB_TRY(check_event_type(*options.event_type));
  if (options.mock && schema::is_template(*options.event_type)) {
    return fail(ErrorCode::kUsage,
                fmt::format("--mock takes its payload from the schema of EVENT_TYPE, and '{}' is "
                            "many event types: name one",
                            *options.event_type));
  }
  if (options.lines_file && options.event_id) {
    return fail(ErrorCode::kUsage, "--event-id does not go with --jsonl: each event has its own");
  }
  // Options can hold what JSON text cannot: bytes that are not UTF-8.
  for (const auto& text : {options.source_host, options.source_app}) {
    if (text && !is_valid_utf8(*text)) {
      return fail(ErrorCode::kUsage, fmt::format("'{}' is not UTF-8", *text));
    }
  }
  return {};
}

Result<void> check_with_envelopes(const PublishOptions& options) {
  const std::array<std::pair<std::string_view, bool>, 5> kBuilding{{
      {"--event-id", options.event_id.has_value()},
      {"--correlation-id", !options.correlation_ids.empty()},
      {"--source-type", options.source_type.has_value()},
      {"--source-app", options.source_app.has_value()},
      {"--source-host", options.source_host.has_value()},
  }};
  for (const auto& [name, given] : kBuilding) {
    if (!given) continue;
    return fail(ErrorCode::kUsage,
                fmt::format("{} does not go with {}: the envelope says it already", name,
                            envelope_option(options)));
  }
  if (!options.event_type) return {};
  if (schema::is_template(*options.event_type)) {
    return fail(ErrorCode::kUsage, fmt::format("'{}' does not go with {}: the envelope says its "
                                               "event type already",
                                               *options.event_type, envelope_option(options)));
  }
  return check_event_type(*options.event_type);
}

std::string_view trim_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
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

// "events.ndjson, envelope 2 (line 2)".
std::string label(const PlacedText& text, std::optional<std::size_t> number) {
  return number ? fmt::format("{}, envelope {} (line {})", text.source, *number, text.line)
                : std::string(text.source);
}

std::unexpected<Error> not_json(const PlacedText& text, const JsonError& error) {
  const JsonError placed = locate_in_stream(error, {text.text, text.line, text.column});
  return fail(ErrorCode::kInvalidJson,
              fmt::format("{} is not JSON: line {}, column {}: {}", text.source, placed.line,
                          placed.column, placed.reason));
}

// Where `part` of `whole` is.
PlacedText place_within(const PlacedText& whole, std::string_view part) {
  const auto offset = static_cast<std::size_t>(part.data() - whole.text.data());
  PlacedText placed = whole;
  placed.text = part;
  for (const char c : whole.text.substr(0, offset)) {
    if (c == '\n') {
      ++placed.line;
      placed.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++placed.column;  // not a byte within a character
    }
  }
  return placed;
}

// The member of that name; `object` is one that has it.
std::string_view member_of(std::string_view object, std::string_view name) {
  event::JsonMembers members(object);
  while (const auto member = members.next()) {
    if (event::decode_json_string(member->name).text == name) return member->value;
  }
  return {};
}

const std::string& own_host_once() {
  static const std::string host = host_name();
  return host;
}

Envelope wrap(const PublishOptions& options, std::string event_type, std::string_view payload) {
  Envelope envelope;
  envelope.event_id =
      options.event_id ? *options.event_id : Uuid::v7(std::chrono::system_clock::now());
  envelope.event_type = std::move(event_type);
  envelope.timestamp = now();
  envelope.source.host = options.source_host ? *options.source_host : own_host_once();
  envelope.source.type = options.source_type.value_or(SourceType::kManual);
  envelope.source.app = options.source_app;
  envelope.correlation_ids = options.correlation_ids;
  envelope.payload = payload;
  return envelope;
}

Planned plan_mock(const PublishOptions& options, PublishGate& gate) {
  BB_TRY_ASSIGN(const std::string payload, gate.first_example(*options.event_type));
  BB_TRY_ASSIGN(PlannedEvent event, plan_payload(options, {payload, "the schema's example"}, gate));
  return Planned{{std::move(event)}};
}

Planned plan_envelopes(const PublishOptions& options, const Input& input, PublishGate& gate) {
  const std::vector<StreamValue> values = split_json_stream(input.text);
  if (values.empty()) {
    return fail(ErrorCode::kInvalidJson, fmt::format("{} holds no envelope", input.name));
  }
  std::vector<PlannedEvent> events;
  events.reserve(values.size());
  for (const StreamValue& value : values) {
    std::optional<std::size_t> number;
    if (values.size() > 1) number = events.size() + 1;
    const PlacedText placed{value.text, input.name, value.line, value.column};
    BB_TRY_ASSIGN(PlannedEvent event, plan_envelope(options, placed, number, gate));
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

Result<void> check_options(const PublishOptions& options) {
  const std::size_t sources = count_sources(options);
  if (sources == 0) {
    return fail(ErrorCode::kUsage,
                fmt::format("what to publish is missing: give exactly one of {}; see 'bb help "
                            "publish'",
                            kSourceChoices));
  }
  if (sources > 1) {
    return fail(ErrorCode::kUsage, fmt::format("more than one payload is given: give exactly one "
                                               "of {}; see 'bb help publish'",
                                               kSourceChoices));
  }
  if (options.envelopes && !options.lines_file) {
    return fail(ErrorCode::kUsage,
                "--envelopes says what the lines of --jsonl are; one envelope or several in any "
                "form are for --envelope-file");
  }
  return options.takes_envelopes() ? check_with_envelopes(options) : check_with_payload(options);
}

Result<PlannedEvent> plan_payload(const PublishOptions& options, const PlacedText& payload,
                                  PublishGate& gate) {
  if (const auto json = check_json(payload.text); !json) return not_json(payload, json.error());
  const std::string_view text = trim_space(payload.text);
  if (text.front() != '{') {
    return fail(ErrorCode::kInvalidEnvelope,
                fmt::format("{}: the payload must be a JSON object, it is {}", payload.source,
                            kind_of(text)));
  }
  std::string event_type = *options.event_type;
  if (schema::is_template(event_type)) {
    BB_TRY_ASSIGN(event_type, schema::fill_template(*options.event_type, text));
  }
  const PlacedText placed = place_within(payload, text);
  BB_TRY_ASSIGN(const std::string_view schema_id, gate.check(event_type, placed, ""));
  const Envelope envelope = wrap(options, std::move(event_type), text);
  if (const auto errors = check_envelope(envelope); !errors.empty()) {
    return not_envelope("the event", errors);
  }
  PlannedEvent event = plan_event(envelope, serialize(envelope));
  dress(event, envelope, options.dress);
  event.schema_id = schema_id;
  return event;
}

Result<PlannedEvent> plan_envelope(const PublishOptions& options, const PlacedText& text,
                                   std::optional<std::size_t> number, PublishGate& gate) {
  const auto envelope = parse_envelope(text.text);
  if (!envelope) {
    const EnvelopeError& error = envelope.error();
    return error.json ? not_json(text, *error.json)
                      : not_envelope(label(text, number), error.structure);
  }
  if (options.event_type && envelope->event_type != *options.event_type) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} is a '{}', not a '{}' as the command says", label(text, number),
                            envelope->event_type, *options.event_type));
  }
  const PlacedText payload = place_within(text, member_of(text.text, "payload"));
  BB_TRY_ASSIGN(const std::string_view schema_id,
                gate.check(envelope->event_type, payload, "/payload"));
  PlannedEvent event = plan_event(*envelope, std::string(text.text));
  // In the spelling of the envelope: receivers compare the message's id with that as texts.
  event.event_id =
      event::decode_json_string(event::string_text(member_of(text.text, "event_id"))).text;
  dress(event, *envelope, options.dress);
  event.schema_id = schema_id;
  return event;
}

Result<std::vector<PlannedEvent>> plan_publish(const PublishOptions& options, PublishGate& gate) {
  if (options.mock) return plan_mock(options, gate);
  const auto input = [&]() -> Result<Input> {
    if (options.payload_file) return read_input(*options.payload_file, kEventBytesMax);
    if (options.json) return read_inline_or_file("--json", *options.json, kEventBytesMax);
    if (options.envelope_file) return read_input(*options.envelope_file, kStreamBytesMax);
    return Input{"--envelope-json", *options.envelope_json};
  }();
  if (!input) return fail(input.error());
  if (options.takes_envelopes()) return plan_envelopes(options, *input, gate);
  BB_TRY_ASSIGN(PlannedEvent event, plan_payload(options, {input->text, input->name}, gate));
  return Planned{{std::move(event)}};
}

}  // namespace bb::cli
