// The history of an exchange: a stream of all that is published to it, for whoever wants to look
// back.
#pragma once

#include <string>
#include <string_view>

#include "broker/options.h"
#include "broker/queue.h"

namespace bb::broker {

// The stream that keeps it: "<exchange>.history".
std::string history_name(std::string_view exchange);

// Durable; drops the oldest by segments, of which there are about sixteen.
Queue::Properties history_properties(const HistoryLimits& limits);

}  // namespace bb::broker
