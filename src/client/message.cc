#include "client/message.h"

#include "base/assert.h"

namespace bb::client {

amqp::BasicProperties Delivery::properties() const {
  if (encoded_properties.empty()) return {};
  const auto decoded = amqp::decode_properties(as_bytes(encoded_properties));
  BB_ASSERT(decoded.has_value());
  return *decoded;
}

}  // namespace bb::client
