// Sends planned events to a broker and follows each to its confirm.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "cli/planned_event.h"
#include "cli/runner.h"
#include "client/connection.h"
#include "client/connector.h"
#include "client/message.h"
#include "client/spool_entry.h"

namespace bb::cli {

// What became of an event.
enum class Fate {
  kUnknown,     // not sent, or sent and not answered
  kPublished,   // confirmed: at least one queue has it
  kInHistory,   // confirmed: no queue has it, the history of the exchange does
  kUnroutable,  // confirmed, and no queue received it
  kRefused,     // nacked
};

Fate fate_of(const client::Confirm& confirm);

// Where events go.
struct BrokerAddress {
  client::ConnectorOptions connector;
  std::string exchange;  // declared first: topic, durable
  // Each wait for the broker may take this long; progress starts it anew: a confirm, or bytes of
  // an event that arrive.
  std::chrono::milliseconds timeout{5000};
};

// What waits in the spool is published before anything else.
struct SpoolFirst {
  std::string spool_folder;            // empty: nothing is looked for
  std::optional<Error> spool_problem;  // why there is no folder, where one was wanted
  // When the events are published all the same; warnings are for somebody to look at.
  std::function<void(const std::string&)> on_notice = [](const std::string&) {};
  std::function<void(std::string_view)> on_warning = [](std::string_view) {};
  // Each that was published. May be empty.
  std::function<void(const client::SpoolEntry&)> on_spool_published;
};

// Publishes what waits. Damage is told, and is no error; kResourceLocked: another process is at it.
// Each step moves `deadline` to `timeout`. All arguments outlive the coroutine.
boost::asio::awaitable<Result<void>> publish_spool(client::Connection& connection,
                                                   const SpoolFirst& spool,
                                                   std::chrono::milliseconds timeout,
                                                   Deadline& deadline);

struct PublishJob : BrokerAddress, SpoolFirst {
  std::vector<PlannedEvent> events;
  // Called in the order of the events, each once, as soon as its fate and those of all before it
  // are known.
  std::function<void(const PlannedEvent& event, Fate fate)> on_settled;
};

// How far a job has come; of use when it failed.
struct PublishProgress {
  std::size_t sent = 0;  // given to the socket
};

// Connects, publishes all events in order, waits for every confirm, says goodbye. The error is that
// of the connection or the channel: events whose fate was not reported were not confirmed. All
// arguments outlive the coroutine. kResourceLocked: another process is publishing what waits in the
// spool, which is in front of them; nothing was sent.
boost::asio::awaitable<Result<void>> publish_events(const PublishJob& job, Deadline& deadline,
                                                    PublishProgress& progress);

}  // namespace bb::cli
