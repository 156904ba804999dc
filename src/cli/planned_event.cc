#include "cli/planned_event.h"

#include <utility>

#include "amqp/constants.h"
#include "amqp/field_table.h"
#include "base/bytes.h"
#include "client/cloud_message.h"
#include "event/cloud_event.h"

namespace bb::cli {

PlannedEvent plan_event(const Envelope& envelope, std::string body) {
  PlannedEvent event;
  event.event_type = envelope.event_type;
  event.event_id = envelope.event_id.to_string();
  if (!envelope.correlation_ids.empty()) {
    event.correlation_id = envelope.correlation_ids.front().to_string();
  }
  event.parents = envelope.correlation_ids;
  event.body = std::move(body);
  return event;
}

void dress(PlannedEvent& event, const Envelope& envelope, const EventDress& dress) {
  amqp::FieldTable headers;
  if (dress.form == EventForm::kCloudEventBinary) {
    headers = client::cloud_event_headers(envelope);
    event.body = envelope.payload;
  } else if (dress.form == EventForm::kCloudEventStructured) {
    event.body = event::write_cloud_event(envelope);
    event.content_type = event::kCloudEventsJson;
  }
  if (dress.trace) {
    const event::TraceContext step = dress.trace->child();
    headers.append(std::string(event::kTraceparent), step.traceparent());
    if (!step.state.empty()) headers.append(std::string(event::kTracestate), step.state);
  }
  if (!headers.empty()) event.headers = amqp::encode_table_content(headers);
}

client::OutgoingMessage to_message(const PlannedEvent& event, std::string_view exchange) {
  client::OutgoingMessage message;
  message.exchange = exchange;
  message.routing_key = event.event_type;
  message.properties.content_type = event.content_type;
  message.properties.content_encoding = "utf-8";
  message.properties.delivery_mode = amqp::kPersistent;
  message.properties.message_id = event.event_id;
  if (!event.headers.empty()) message.properties.headers = as_bytes(event.headers);
  if (event.correlation_id) message.properties.correlation_id = *event.correlation_id;
  message.body = event.body;
  message.mandatory = true;
  return message;
}

}  // namespace bb::cli
