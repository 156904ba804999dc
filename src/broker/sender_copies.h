// Sender-selected distribution: the headers CC and BCC, arrays of more routing keys for a message
// (https://www.rabbitmq.com/docs/sender-selected).
//
// What is kept of a message has no BCC. So its dead letters do not go to those keys again, as they
// do in RabbitMQ, which keeps the keys beside the message.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "amqp/properties.h"
#include "bloodbank/result.h"

namespace bb::broker {

struct SenderCopies {
  std::vector<std::string> keys;          // those of CC, then those of BCC
  std::optional<std::string> properties;  // flags and list without BCC, if there was one
};

// Quick and without allocation: false when there is no CC and no BCC for certain.
bool may_have_copies(const amqp::BasicProperties& properties);

// What is no text in the arrays does not count. kPreconditionFailed: a header that is no array.
Result<SenderCopies> sender_copies(const amqp::BasicProperties& properties);

}  // namespace bb::broker
