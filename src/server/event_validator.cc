#include "server/event_validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "base/utf8.h"
#include "bloodbank/envelope.h"
#include "schema/routing_key_template.h"

namespace bb::server {
namespace {

using broker::Refusal;
using broker::ValidationPolicy;

constexpr std::size_t kNameBytesMax = 100;  // of what a publisher wrote, in a reason

std::string in_quotes(std::string_view name) {
  return fmt::format("'{}'", printable(name, kNameBytesMax));
}

Refusal not_an_envelope(EnvelopeError error) {
  if (error.json) {
    return {fmt::format("the body is not JSON: line {}, column {}: {}", error.json->line,
                        error.json->column, error.json->reason)};
  }
  Refusal refusal{"the body is not an event envelope"};
  for (StructuralError& each : error.structure) {
    if (refusal.violations.size() == broker::MessageValidator::kViolationsMax) break;
    refusal.violations.push_back(
        {std::move(each.pointer), std::move(each.expected), std::move(each.found)});
  }
  return refusal;
}

Refusal wrong_routing_key(std::string_view event_type, std::string_view routing_key) {
  return {fmt::format("the event type {} is not the routing key {}", in_quotes(event_type),
                      in_quotes(routing_key)),
          {{"/event_type", fmt::format("{}, the routing key", in_quotes(routing_key)),
            in_quotes(event_type)}}};
}

}  // namespace

Result<void> EventValidator::open() {
  if (repository_) return {};
  BB_TRY_ASSIGN(auto opened, open_repository_());
  repository_.emplace(std::move(opened));
  return {};
}

std::optional<Refusal> EventValidator::check(ValidationPolicy policy,
                                             const broker::ValidatedMessage& message) {
  if (const auto seen = glance_.read(message.body);
      seen && seen->event_type == message.routing_key) {
    return check_payload(policy, seen->event_type, seen->payload);
  }
  auto envelope = parse_envelope(message.body);
  if (!envelope) return not_an_envelope(std::move(envelope).error());
  if (envelope->event_type != message.routing_key) {
    return wrong_routing_key(envelope->event_type, message.routing_key);
  }
  return check_payload(policy, envelope->event_type, envelope->payload);
}

std::optional<Refusal> EventValidator::check_payload(ValidationPolicy policy,
                                                     std::string_view event_type,
                                                     std::string_view payload) {
  if (const auto opened = open(); !opened) {
    return Refusal{fmt::format("the schemas cannot be read: {}", opened.error().message)};
  }
  const auto found = repository_->find(event_type);
  if (!found) {
    if (found.error().code != ErrorCode::kNoSchema) {
      return Refusal{fmt::format("the schema of {} cannot be used: {}", in_quotes(event_type),
                                 found.error().message)};
    }
    if (policy == ValidationPolicy::kPermissive) return std::nullopt;
    return Refusal{fmt::format("there is no schema for {}", in_quotes(event_type))};
  }
  const schema::EventSchema& schema = **found;
  if (!validator_.is_valid(schema.schema, payload)) return explain(schema, event_type, payload);
  const auto fits = schema::check_routing_key(schema.info.routing_key, event_type, payload);
  if (!fits) return Refusal{fits.error().message};
  return std::nullopt;
}

Refusal EventValidator::explain(const schema::EventSchema& schema, std::string_view event_type,
                                std::string_view payload) {
  SchemaReportOptions options;
  options.violations_max = kViolationsMax;
  options.pointer_prefix = "/payload";
  SchemaReport report = validator_.validate(schema.schema, payload, options);
  if (report.schema_error) {
    return {fmt::format("the schema of {} cannot be applied: {}", in_quotes(event_type),
                        report.schema_error->message)};
  }
  Refusal refusal{fmt::format("the payload is not valid for {}, by {}", in_quotes(event_type),
                              printable(schema.info.id, kNameBytesMax))};
  for (SchemaViolation& each : report.violations) {
    refusal.violations.push_back(
        {std::move(each.instance_pointer), std::move(each.expected), std::move(each.found)});
  }
  return refusal;
}

}  // namespace bb::server
