#include "event/agent_context.h"
#include "event/envelope_fields.h"
#include "event/json_string.h"
#include "event/raw_json.h"
#include "event/source.h"
#include "event/structural_errors.h"
#include "event/unknown_fields.h"

namespace bb {
namespace {

using event::EnvelopeField;

std::string pointer_to_field(EnvelopeField field) {
  return event::pointer_to("", event::kEnvelopeFieldNames[static_cast<std::size_t>(field)]);
}

}  // namespace

std::vector<StructuralError> check_envelope(const Envelope& envelope) {
  event::StructuralErrors errors;
  if (!is_event_type(envelope.event_type)) {
    std::string found;
    event::append_json_string(found, envelope.event_type);
    errors.add(pointer_to_field(EnvelopeField::kEventType), event::expected::kEventType, found);
  }
  event::check_utf8(envelope.version, pointer_to_field(EnvelopeField::kVersion), errors);
  event::check_source(envelope.source, pointer_to_field(EnvelopeField::kSource), errors);
  if (envelope.agent_context) {
    const std::string pointer = pointer_to_field(EnvelopeField::kAgentContext);
    if (event::check_raw_object(*envelope.agent_context, event::kFieldDepthAround, pointer,
                                event::expected::kObjectOrNull, errors)) {
      event::check_agent_context(*envelope.agent_context, pointer, errors);
    }
  }
  event::check_raw_object(envelope.payload, event::kFieldDepthAround,
                          pointer_to_field(EnvelopeField::kPayload), event::expected::kObject,
                          errors);
  event::check_unknown_fields(envelope.unknown_fields, event::kEnvelopeFieldNames,
                              event::kFieldDepthAround, "", errors);
  return errors.take();
}

}  // namespace bb
