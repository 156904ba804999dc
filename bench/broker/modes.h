// The measurements. Each prints one JSON object on standard output.
#pragma once

#include "broker/support.h"

namespace bb::bench {

// What a peer does with events as fast as it can.
void throughput(Arguments& arguments);  // publishers, --consumers 0 or more queues with one each
void fill(Arguments& arguments);        // publishes to one queue and leaves them there
void drain(Arguments& arguments);       // receives what fill left

void latency(Arguments& arguments);      // from publish to receive at a given rate
void confirm_one(Arguments& arguments);  // one event at a time
void idle(Arguments& arguments);         // many connections that do nothing, until stdin ends
void topology(Arguments& arguments);     // publishing among many queues and bindings
void validation(Arguments& arguments);   // events that the broker checks against a schema

void soak(Arguments& arguments);  // for long, with consumers that come and go

// What the machine does, and this client without a broker.
void limits(Arguments& arguments);
void disk(Arguments& arguments);
void client_limit(Arguments& arguments);

}  // namespace bb::bench
