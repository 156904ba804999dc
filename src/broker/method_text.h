// The text in methods is UTF-8 (AMQP 0-9-1 §4.2.5.3), so that names may be shown and logged.
#pragma once

#include "amqp/methods.h"

namespace bb::broker {

// Whether every short string of the method is UTF-8. Those of basic.publish are not looked at:
// RabbitMQ takes any bytes for a routing key.
bool text_is_utf8(const amqp::Method& method);

}  // namespace bb::broker
