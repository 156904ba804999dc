// What `bb demo` does once there is a bus: plays a session through it and watches it arrive.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "amqp/url.h"
#include "bloodbank/result.h"
#include "bloodbank/uuid.h"
#include "cli/voice_session.h"

namespace bb::cli {

struct DemoJob {
  amqp::Url url;
  std::string exchange;
  std::vector<SessionEvent> events;
  // The session is compressed to this long if it is longer.
  std::chrono::milliseconds duration_max{2500};
  // Called for each event as it is received, with the time since the first was published.
  std::function<void(const SessionEvent&, std::chrono::milliseconds)> on_received;
};

struct DemoReport {
  std::size_t published = 0;
  std::size_t confirmed = 0;     // and neither returned nor nacked
  std::size_t received = 0;      // each event counts once
  std::size_t acknowledged = 0;  // as the broker sees it: not in the queue any more
  std::size_t unexpected = 0;    // deliveries that are none of the events, or one of them again
  std::vector<std::chrono::nanoseconds> latencies;  // publish to receive, of each received event
  std::optional<Uuid> dialogue;  // what began the first one: something said that was answered

  bool complete(std::size_t events) const {
    return published == events && confirmed == events && received == events &&
           acknowledged == events && unexpected == 0;
  }
};

// Publishes over one connection and receives over another. Every event is a real one: in an
// envelope, caused by the one that session_causes() names. `job` outlives the coroutine. Ends when
// every event was confirmed and received: give it a deadline.
boost::asio::awaitable<Result<DemoReport>> play_session(const DemoJob& job);

}  // namespace bb::cli
