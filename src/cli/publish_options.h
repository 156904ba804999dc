// The options of `bb publish`, and its help.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/causes.h"
#include "cli/command.h"
#include "cli/publish_gate.h"
#include "cli/publish_plan.h"
#include "cli/spooled_events.h"

namespace bb::cli {

struct PublishCommandOptions {
  PublishOptions plan;        // but for correlation_ids
  std::vector<Cause> causes;  // of which those are made
  std::optional<std::string> traceparent;
  std::optional<std::string> tracestate;
  // How payloads are checked.
  bool permissive = false;
  bool skip_validation = false;
  std::optional<std::uint64_t> schema_version;
  std::optional<std::string> schemas;
  // Of events in bulk.
  bool skip_bad_lines = false;
  bool print_ids = false;
  // What is printed.
  bool dry_run = false;
  bool json_output = false;
  bool quiet = false;
  std::optional<std::chrono::milliseconds> timeout;
  // When no broker takes the events.
  SpoolMode spool = SpoolMode::kAuto;
  bool fail_open = false;
  std::optional<std::chrono::milliseconds> deadline;
  std::optional<std::string> data_dir;
  std::optional<std::string> url;
  std::optional<std::string> exchange;

  ValidationMode mode() const {
    if (skip_validation) return ValidationMode::kSkip;
    return permissive ? ValidationMode::kPermissive : ValidationMode::kStrict;
  }
};

// kUsage for options that do not go together.
Result<void> check_command_options(const PublishCommandOptions& options);

// The trace that the events belong to: by the options, else TRACEPARENT and TRACESTATE in the
// environment. kUsage for an option that is none; what the environment has and is none does not
// count (W3C Trace Context §4.3).
Result<std::optional<event::TraceContext>> find_trace(const PublishCommandOptions& options);

// The command without its run().
Command describe_publish(const std::shared_ptr<PublishCommandOptions>& options);

}  // namespace bb::cli
