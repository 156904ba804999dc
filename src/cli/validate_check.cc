#include "cli/validate_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/display_text.h"
#include "cli/json_text.h"
#include "cli/pointer_place.h"
#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::cli {
namespace {

constexpr std::string_view kJsonSpace = " \t\r\n";
constexpr std::size_t kFoundWidth = 60;

bool begins_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kJsonSpace);
  return first != std::string_view::npos && text[first] == '{';
}

// The value of the envelope's `payload`; `envelope` is one that parse_envelope() accepts.
std::string_view payload_of(std::string_view envelope) {
  event::JsonMembers members(envelope);
  while (const auto member = members.next()) {
    if (event::decode_json_string(member->name).text == "payload") return member->value;
  }
  return {};
}

SchemaViolation violation(std::string pointer, std::string expected, std::string found) {
  SchemaViolation made;
  made.instance_pointer = std::move(pointer);
  made.expected = std::move(expected);
  made.found = std::move(found);
  return made;
}

// The lines and columns before `part` of `text`, which begins on line `line`.
SchemaReportOptions place_of(std::string_view text, std::string_view part, std::size_t line) {
  SchemaReportOptions where;
  where.first_line = line;
  for (const char c : text.substr(0, static_cast<std::size_t>(part.data() - text.data()))) {
    if (c == '\n') {
      ++where.first_line;
      where.first_column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++where.first_column;  // not a byte within a character
    }
  }
  return where;
}

std::string with_place(const TextPlace& place, std::string_view json) {
  return fmt::format("{{\"file\":{},\"line\":{},{}\n", quote_json(place.name), place.line,
                     json.substr(1));
}

// Of violations that no schema stands behind.
std::string plain_text(const TextPlace& place, const SchemaReport& report) {
  std::string text;
  for (const SchemaViolation& each : report.violations) {
    text += fmt::format("{}:{}:{}: {}{}{}\n", escape_controls(place.name), each.line, each.column,
                        escape_controls(each.instance_pointer),
                        each.instance_pointer.empty() ? "" : ": ", escape_controls(each.message()));
  }
  if (report.left_out > 0) text += fmt::format("… and {} more\n", report.left_out);
  return text;
}

}  // namespace

std::string refused_line(const TextPlace& place, std::string_view expected, std::string_view found,
                         bool as_json) {
  SchemaReport report;
  report.violations.push_back(violation("", std::string(expected), std::string(found)));
  report.violations.front().line = place.line;
  report.violations.front().column = 1;
  return as_json ? with_place(place, report.to_basic_json()) : plain_text(place, report);
}

Result<CompiledSchema> TextChecker::schema_of(const Envelope& envelope) {
  return schemas_.single() ? Result<CompiledSchema>(*schemas_.single())
                           : schemas_.find(envelope.event_type);
}

bool TextChecker::is_valid(std::string_view text) {
  if (!options_.envelope) {
    return (options_.any_json || begins_object(text)) &&
           validator_.is_valid(*schemas_.single(), text);
  }
  const auto envelope = parse_envelope(text);
  if (!envelope) return false;
  if (options_.event_type && envelope->event_type != *options_.event_type) return false;
  const auto schema = schema_of(*envelope);
  return schema && validator_.is_valid(*schema, envelope->payload);
}

Findings TextChecker::explain(std::string_view text, const TextPlace& place) {
  if (is_valid(text)) {
    Findings findings;
    if (options_.json_output) findings.output = with_place(place, "{\"valid\":true}");
    return findings;
  }
  return options_.envelope ? explain_envelope(text, place) : explain_payload(text, place);
}

Findings TextChecker::finish(const TextPlace& place, const SchemaReport& report,
                             std::string text) const {
  Findings findings;
  findings.verdict = report.valid ? Verdict::kValid : Verdict::kInvalid;
  if (report.schema_error) {
    findings.verdict = Verdict::kUnknown;
    findings.error = Error{ErrorCode::kInvalidSchema,
                           fmt::format("{}:{}: the schema cannot be applied: {}", place.name,
                                       place.line, report.schema_error->message)};
  }
  findings.output = options_.json_output ? with_place(place, report.to_basic_json())
                    : report.valid       ? std::string()
                                         : std::move(text);
  return findings;
}

Findings TextChecker::refuse(std::string_view text, const TextPlace& place,
                             SchemaReport report) const {
  if (report.violations.size() > options_.violations_max()) {
    report.left_out = report.violations.size() - options_.violations_max();
    report.violations.resize(options_.violations_max());
  }
  const PointerPlaces places(text);
  for (SchemaViolation& each : report.violations) {
    if (each.line != 0) continue;
    const PointerPlace found = places.find(each.instance_pointer);
    each.line = place.line + found.line - 1;
    each.column = found.column;
  }
  return finish(place, report, plain_text(place, report));
}

Findings TextChecker::explain_by(const CompiledSchema& schema, std::string_view text,
                                 const TextPlace& place, const SchemaReportOptions& where) {
  const SchemaReport report = validator_.validate(schema, text, where);
  if (options_.json_output) return finish(place, report, "");
  if (!report.schema_error) return finish(place, report, report.to_text(place.name));
  return finish(
      place, report,
      fmt::format("{}:{}:{}: not checked: {}\n", escape_controls(place.name), where.first_line,
                  where.first_column, escape_controls(report.schema_error->message)));
}

Findings TextChecker::explain_payload(std::string_view text, const TextPlace& place) {
  SchemaReportOptions where;
  where.first_line = place.line;
  where.violations_max = options_.violations_max();
  if (options_.any_json || begins_object(text) || !check_json(text)) {
    return explain_by(*schemas_.single(), text, place, where);
  }
  const std::string_view value = event::trim_json(text);
  const SchemaReportOptions at = place_of(text, value, place.line);
  SchemaReport report;
  report.violations.push_back(
      violation("", "an object, as payloads are (--any-json lets others through)",
                shorten(escape_controls(value), kFoundWidth)));
  report.violations.front().line = at.first_line;
  report.violations.front().column = at.first_column;
  return refuse(text, place, std::move(report));
}

Findings TextChecker::explain_envelope(std::string_view text, const TextPlace& place) {
  const auto envelope = parse_envelope(text);
  SchemaReport report;
  if (!envelope) {
    if (envelope.error().json) {
      JsonError error = *envelope.error().json;
      error.line += place.line - 1;
      report.json_error = std::move(error);
      return finish(place, report, report.to_text(place.name));
    }
    for (const StructuralError& error : envelope.error().structure) {
      report.violations.push_back(violation(error.pointer, error.expected, error.found));
    }
    return refuse(text, place, std::move(report));
  }
  if (options_.event_type && envelope->event_type != *options_.event_type) {
    report.violations.push_back(violation("/event_type", quote_json(*options_.event_type),
                                          quote_json(envelope->event_type)));
    return refuse(text, place, std::move(report));
  }
  const auto schema = schema_of(*envelope);
  if (!schema && schema.error().code == ErrorCode::kNoSchema) {
    report.violations.push_back(violation("/event_type", "an event type that has a schema",
                                          quote_json(envelope->event_type)));
    return refuse(text, place, std::move(report));
  }
  if (!schema) {
    Findings findings;
    findings.verdict = Verdict::kUnknown;
    findings.error = schema.error();
    return findings;
  }
  const std::string_view payload = payload_of(text);
  SchemaReportOptions where = place_of(text, payload, place.line);
  where.pointer_prefix = "/payload";
  where.violations_max = options_.violations_max();
  return explain_by(*schema, payload, place, where);
}

}  // namespace bb::cli
