// An event that is ready to be sent, and the AMQP message that carries it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"
#include "client/message.h"
#include "event/trace_context.h"

namespace bb::cli {

struct PlannedEvent {
  std::string event_type;  // also the routing key
  std::string event_id;
  std::optional<std::string> correlation_id;  // the first parent
  std::vector<Uuid> parents;
  std::string body;  // the envelope
  std::string content_type = "application/json";
  std::string headers;    // encoded, as amqp::encode_table_content() gives it; empty: none
  std::string schema_id;  // of what accepted its payload; empty: nothing did
};

// The event of `envelope`, whose text is `body`.
PlannedEvent plan_event(const Envelope& envelope, std::string body);

enum class EventForm {
  kEnvelope,
  kCloudEventBinary,      // attributes in headers, the payload as the body
  kCloudEventStructured,  // one JSON object
};

struct EventDress {
  EventForm form = EventForm::kEnvelope;
  std::optional<event::TraceContext> trace;  // each event gets a step of its own in it
};

// Puts the event into another form, and the trace into its headers.
void dress(PlannedEvent& event, const Envelope& envelope, const EventDress& dress);

// The message as the wire contract has it: persistent, mandatory, the ids as properties. Borrows
// from both arguments.
client::OutgoingMessage to_message(const PlannedEvent& event, std::string_view exchange);

}  // namespace bb::cli
