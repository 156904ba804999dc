// `bb subscribe` as a service: each event to a command, until it is handled or a dead letter.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bloodbank/result.h"
#include "cli/event_choice.h"
#include "cli/publish_gate.h"
#include "cli/runner.h"
#include "client/subscriber.h"
#include "redis/redis_deduplicator.h"
#include "webhook/sender.h"

namespace bb::cli {

struct ServiceJob {
  client::SubscriberOptions subscriber;
  // One of these two.
  std::string command;  // for /bin/sh
  std::optional<webhook::SenderOptions> webhook;
  std::chrono::milliseconds time_limit{60'000};
  // In place of subscriber.deduplicator, where it is in Redis.
  std::optional<redis::RedisDeduplicatorOptions> redis_deduplicator;
  EventChoiceOptions choice;          // others are acknowledged, and that is all
  std::shared_ptr<PublishGate> gate;  // what it refuses becomes a dead letter; none: all may pass
  std::chrono::milliseconds first_timeout{5000};  // for a broker to answer
  std::function<void()> on_subscribed;            // the first time
  std::function<void(const std::string&)> on_notice;
};

enum class ServiceEnd {
  kCount,  // subscriber.finish_max
  kTimeout,
  kInterrupted,
  kGone,  // the endpoint wants no more events
};

// What a command made of an event: its exit code 0 is success; 75 (EX_TEMPFAIL of sysexits.h) asks
// for the event again later, without counting as a failure; anything else, and the end of its time,
// is one.
//
// It finds the event on its standard input, and in its environment BB_EVENT_TYPE, BB_EVENT_ID,
// BB_EVENT_TIMESTAMP, BB_EVENT_SOURCE_HOST, BB_EVENT_SOURCE_APP, BB_CORRELATION_ID (its first
// parent, or empty), BB_EXCHANGE, BB_ROUTING_KEY, BB_QUEUE, BB_ATTEMPT (1 is the first), and
// TRACEPARENT and TRACESTATE: a step of its own in the trace that the event belongs to, or empty.
//
// The first signal ends the subscription: what is at work comes to its end. `deadline` does the
// same. All arguments outlive the coroutine.
boost::asio::awaitable<Result<ServiceEnd>> run_service(const ServiceJob& job, Runner& runner,
                                                       Deadline& deadline);

}  // namespace bb::cli
