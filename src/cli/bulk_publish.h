// `bb publish --jsonl`: events in bulk, one a line.
#pragma once

#include <functional>
#include <string>

#include "cli/event_publisher.h"
#include "cli/publish_gate.h"
#include "cli/publish_plan.h"
#include "cli/settings.h"

namespace bb::cli {

// What of each published event goes to standard output.
enum class BulkPrint { kNothing, kIds, kJson };

struct BulkOptions {
  PublishOptions plan;  // with lines_file
  BrokerAddress address;
  bool skip_bad_lines = false;  // go on behind them
  bool dry_run = false;         // print the envelopes and connect to nothing
  bool quiet = false;
  BulkPrint print = BulkPrint::kNothing;
  const Settings* settings = nullptr;  // by which links are recorded; nullptr: none are
  // With a folder: what no broker takes goes there; what waits there goes first.
  SpoolFirst spool;
  bool spool_all = false;  // and connect to nothing
  // As of PublishReporter; asked for those lines alone that are told. Empty: nobody is.
  std::function<std::string(const std::string& event_type)> find_near;
  // Told at the end which event was published or spooled last; not called where none was. May be
  // empty.
  std::function<void(const std::string& event_id)> on_last;
};

// Reads, checks and publishes line by line, in order, with many events in flight; the broker is
// connected to once there is a first one; when it does not answer or is lost, what is not confirmed
// and all lines until it is found again go to the spool. Tells everything on standard error, and
// gives the exit code. Interrupted by SIGINT and SIGTERM, without waiting for what is in flight.
int publish_in_bulk(BulkOptions options, PublishGate& gate);

}  // namespace bb::cli
