// Sender-selected distribution: the headers CC and BCC, arrays of more routing keys for a message
// (https://www.rabbitmq.com/docs/sender-selected).
//
// A message keeps its BCC, for its dead letters go to those keys again. Nobody is shown it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "amqp/properties.h"
#include "bloodbank/result.h"

namespace bb::broker {

struct SenderCopies {
  std::vector<std::string> keys;  // those of CC, then those of BCC
  bool blind = false;             // some of BCC, or at least the header
};

// Quick and without allocation: false when there is no CC and no BCC for certain.
bool may_have_copies(const amqp::BasicProperties& properties);

// What is no text in the arrays does not count. kPreconditionFailed: a header that is no array.
Result<SenderCopies> sender_copies(const amqp::BasicProperties& properties);

// As may_have_copies(), of BCC alone and of encoded properties (flags and list).
bool may_have_blind_copies(std::string_view properties);
// Well-formed properties, encoded, as everybody is shown them: without BCC.
std::string without_blind_copies(std::string_view properties);

}  // namespace bb::broker
