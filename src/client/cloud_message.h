// CloudEvents in AMQP messages (the AMQP binding of https://github.com/cloudevents/spec, whose
// application properties are headers in AMQP 0-9-1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "bloodbank/envelope.h"
#include "client/message.h"

namespace bb::client {

// Of binary mode: the attributes as headers "cloudEvents_id" and so on.
amqp::FieldTable cloud_event_headers(const Envelope& envelope);

// The envelope, as text, of a message in binary mode; headers may have ':' in place of '_'. Nothing
// for other messages, and for one that makes no envelope.
std::optional<std::string> envelope_of_binary(const amqp::BasicProperties& properties,
                                              std::string_view body);

// Makes of a message in binary mode one with the envelope as its body, and without the headers that
// say otherwise: it may be published again.
void read_cloud_event(Delivery& delivery);

}  // namespace bb::client
