// How an error goes over the wire in channel.close and connection.close.
#pragma once

#include <string>

#include "bloodbank/result.h"

namespace bb::broker {

// "NOT_FOUND - no queue 'x' in vhost '/'", cut to what a short string holds.
std::string reply_text(const Error& error);

// True for the codes that end the whole connection, not one channel (AMQP 0-9-1 §1.2, "hard
// errors").
bool closes_connection(ErrorCode code);

}  // namespace bb::broker
