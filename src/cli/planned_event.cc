#include "cli/planned_event.h"

#include <utility>

#include "amqp/constants.h"

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

client::OutgoingMessage to_message(const PlannedEvent& event, std::string_view exchange) {
  client::OutgoingMessage message;
  message.exchange = exchange;
  message.routing_key = event.event_type;
  message.properties.content_type = "application/json";
  message.properties.content_encoding = "utf-8";
  message.properties.delivery_mode = amqp::kPersistent;
  message.properties.message_id = event.event_id;
  if (event.correlation_id) message.properties.correlation_id = *event.correlation_id;
  message.body = event.body;
  message.mandatory = true;
  return message;
}

}  // namespace bb::cli
