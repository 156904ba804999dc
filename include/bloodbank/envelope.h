// The event envelope, version 1.0.0: what every event on the bus is wrapped in.
//
// JSON values that Bloodbank does not interpret (the payload, the agent's context,
// metadata, unknown fields) are held as their text and never reprinted: numbers
// keep their digits, objects keep the order of their keys and their duplicates.
//
// Nothing here is thread-safe beyond what plain values are: use one object from
// one thread at a time. The functions may be called from many threads at once.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "bloodbank/uuid.h"

namespace bb {

inline constexpr std::string_view kEnvelopeVersion = "1.0.0";

// The text of one JSON value, as it was read.
using RawJson = std::string;

// Fields of an object that this version does not know, in order. A name is what is
// between its quotes in the JSON text: escapes are as they were.
using UnknownFields = std::vector<std::pair<std::string, RawJson>>;

enum class SourceType { kManual, kAgent, kScheduled, kFileWatch, kHook };

// "manual", "agent", "scheduled", "file_watch", "hook".
std::string_view to_string(SourceType type);
// kUsage with the list of choices for any other name.
Result<SourceType> parse_source_type(std::string_view name);

// Who emitted the event.
struct Source {
  std::string host;
  SourceType type = SourceType::kManual;
  std::optional<std::string> app;  // null when absent
  std::optional<RawJson> meta;     // an object; null when absent
  UnknownFields unknown_fields{};  // kept when the envelope is passed on

  friend bool operator==(const Source&, const Source&) = default;
};

struct Envelope {
  Uuid event_id;
  std::string event_type;  // also the routing key; "transcription.voice.completed"
  Timestamp timestamp{};
  std::string version{kEnvelopeVersion};
  Source source;
  std::vector<Uuid> correlation_ids;     // the events that caused this one
  std::optional<RawJson> agent_context;  // an object; null when absent
  RawJson payload;                       // an object
  UnknownFields unknown_fields{};        // top-level ones, kept when the envelope is passed on

  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// One thing that is wrong with the structure of an envelope.
struct StructuralError {
  std::string pointer;   // RFC 6901, "" for the whole document: "/source/type"
  std::string expected;  // "one of manual, agent, scheduled, file_watch, hook"
  std::string found;     // shortened JSON, or "nothing"

  friend bool operator==(const StructuralError&, const StructuralError&) = default;
};

inline constexpr std::size_t kStructuralErrorsMax = 100;

// Where a JSON text stops being JSON.
struct JsonError {
  std::size_t offset = 0;  // bytes from the start
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in characters (code points)
  std::string reason;      // "expected ',' or '}'"
};

// Why a text is not an envelope: either it is not JSON, or each structural error.
//
// No more than kStructuralErrorsMax are listed; a last one for the whole document
// then says how many more there are.
struct EnvelopeError {
  std::optional<JsonError> json;
  std::vector<StructuralError> structure;

  // As an Error: kInvalidJson with line and column, or kInvalidEnvelope with all
  // structural errors on one line.
  Error to_error() const;
};

// Checks that `text` is one JSON value in UTF-8 (RFC 8259) and nothing after it,
// at most kJsonDepthMax deep. Numbers of any size and duplicate keys are JSON; so
// are escapes of half a surrogate pair (RFC 8259 §8.2), which pass wherever text is
// passed on, and are refused in the strings that an envelope is read into.
std::expected<void, JsonError> check_json(std::string_view text);
inline constexpr std::size_t kJsonDepthMax = 1024;

// Reads an envelope; the legacy shape (`id`, `ts`, `data`, ...) is not one: see
// parse_any_envelope(). Duplicate fields, at the top or in `source`, are an error.
// `correlation_ids` and `agent_context` may be absent.
std::expected<Envelope, EnvelopeError> parse_envelope(std::string_view json);

// As parse_envelope(), and reads the legacy shape as well: `id`, `ts`,
// `event_type`, `source` (a string, read as source.app), `data`, and optionally
// `target`, `correlation_id`, `session_id`, the last two of which are kept: a
// correlation_id that is a UUID as the parent, the others as unknown fields.
// `source.host` is then "unknown" and `source.type` manual. A document that has
// `event_id`, `timestamp` or `payload` is an envelope. Reads CloudEvents, too: docs/interop.md.
std::expected<Envelope, EnvelopeError> parse_any_envelope(std::string_view json);

// The structural errors of an envelope built in memory: an empty list means that
// serialize() gives what parse_envelope() accepts.
std::vector<StructuralError> check_envelope(const Envelope& envelope);

// Writes the envelope as one line of UTF-8 JSON, fields in the order of the wire
// contract, time in UTC with Z. `envelope` is one that check_envelope() finds
// nothing wrong with; another is written all the same, and may not be an envelope
// when read. Raw JSON values are copied byte for byte, so a value with newlines in
// it gives a text of several lines.
std::string serialize(const Envelope& envelope);

// `json`, which must be valid, without insignificant white space: one line.
// Nothing within strings or numbers changes.
std::string minify_json(std::string_view json);

// True for `<domain>.<entity>.<action>` style names: one or more words of
// [a-z0-9_-] that start with a letter or digit, separated by single dots, at most
// 255 bytes in all (AMQP short string), at least two words.
bool is_event_type(std::string_view text);

// The id that is the same whenever the same thing is published:
// UUIDv5(NAMESPACE_OID, "<name_space>:<event_type>:<unique_key>").
Uuid deterministic_event_id(std::string_view event_type, std::string_view unique_key,
                            std::string_view name_space = "bloodbank");

// As above, the unique key made of fields: sorted by name, "name=value" joined with '|'.
Uuid deterministic_event_id(std::string_view event_type,
                            std::span<const std::pair<std::string, std::string>> fields,
                            std::string_view name_space = "bloodbank");

}  // namespace bb
