// Field tables as JSON, and back: arguments in definitions and over HTTP.
#pragma once

#include <boost/json/object.hpp>

#include "amqp/field_table.h"
#include "bloodbank/result.h"

namespace bb::broker {

// Numbers, texts, flags, arrays and tables as JSON has them; bytes as text, timestamps in seconds.
boost::json::object to_json(const amqp::FieldTable& table);

// Integers become the 64-bit ones, which RabbitMQ makes of them too. kPreconditionFailed: a table
// that could not go over AMQP: see amqp::check_table(), and names are up to 255 bytes long.
Result<amqp::FieldTable> table_from_json(const boost::json::object& json);

}  // namespace bb::broker
