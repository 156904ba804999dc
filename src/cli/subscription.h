// Receives events and prints them, until there is a reason to stop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/event_choice.h"
#include "cli/event_dump.h"
#include "cli/event_printer.h"
#include "cli/history_range.h"
#include "cli/publish_gate.h"
#include "cli/runner.h"
#include "client/connector.h"

namespace bb::cli {

struct SubscribeJob {
  client::ConnectorOptions connector;
  std::string exchange;  // declared first: topic, durable
  std::vector<std::string> patterns;
  std::optional<std::string> queue;  // durable and kept; none: one of our own, gone with us
  // Of the exchange's history, in place of a queue.
  std::optional<HistoryRange> history;
  EventChoiceOptions choice;      // others are acknowledged, and not printed
  std::optional<EventDump> dump;  // where events go in place of standard output
  std::shared_ptr<PublishGate>
      gate;  // checks payloads; what it refuses is told, and printed as well
  std::optional<std::uint64_t> count_max;
  std::uint16_t prefetch = 64;
  std::function<void()> on_subscribed;  // events published from now on are received
  std::function<void(const std::string&)> on_notice;
  std::function<void(const std::string&)> on_invalid;  // what `gate` said of an event, in lines
};

enum class StopReason {
  kCount,        // count_max events were printed
  kEnd,          // of the history's part
  kTimeout,      // the time is over
  kInterrupted,  // SIGINT or SIGTERM
  kReaderGone,   // nobody reads standard output any more
};

struct SubscribeReport {
  std::uint64_t printed = 0;                 // and acknowledged
  std::uint64_t invalid = 0;                 // of those
  std::optional<HistoryOffset> last_offset;  // that was looked at
  StopReason reason = StopReason::kCount;
};

// Subscribes, and prints every event to standard output, or writes it to the folder. Each is
// acknowledged once it is written; what is received beyond that goes back to its queue. Ends with
// printer.finish() and an orderly goodbye to the broker.
//
// `runner` is the one that runs it, and catches signals. The first one after on_subscribed() is
// such a reason; one before it ends the run where it stands (Runner::catch_signals()). In the same
// way `deadline`, that of the run, is such a reason afterwards, and fails the run before.
//
// Errors: of the broker, kNotFound when the queue was deleted meanwhile, kIo when standard output
// fails. `report.printed` counts in that case too. All arguments outlive the coroutine.
boost::asio::awaitable<Result<void>> run_subscription(const SubscribeJob& job,
                                                      EventPrinter& printer,
                                                      SubscribeReport& report, Runner& runner,
                                                      Deadline& deadline);

}  // namespace bb::cli
