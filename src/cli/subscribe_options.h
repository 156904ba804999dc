// The options of `bb subscribe`, and its help.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/command.h"
#include "cli/output.h"
#include "filter/filter.h"

namespace bb::cli {

struct SubscribeCommandOptions {
  std::vector<std::string> patterns;
  std::optional<std::string> queue;
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint64_t> prefetch;
  std::optional<filter::Filter> where;
  std::vector<std::string> ignored;  // patterns
  // Of the history.
  std::optional<std::string> since;
  std::optional<std::uint64_t> last;
  std::optional<std::string> from;
  std::optional<std::string> until;
  std::optional<std::string> dump;  // a folder
  bool validate = false;
  std::optional<std::string> schemas;
  // As a service.
  std::optional<std::string> service;
  std::optional<std::string> exec;
  std::optional<std::chrono::milliseconds> exec_timeout;
  std::optional<std::string> webhook;
  std::optional<std::string> webhook_secrets;
  bool allow_private = false;
  std::optional<std::uint64_t> concurrency;
  std::optional<std::uint64_t> attempts;
  std::optional<std::chrono::milliseconds> retry_delay;
  std::optional<std::chrono::milliseconds> retry_delay_max;
  std::optional<std::string> ordered_by;
  std::optional<std::chrono::milliseconds> deduplicate;
  bool quorum = false;
  // Of its registration.
  std::optional<std::string> health_url;
  std::optional<std::chrono::milliseconds> ttl;
  std::optional<std::chrono::milliseconds> expire;
  std::optional<std::string> data_dir;
  OutputFormat format = OutputFormat::kText;
  bool no_colour = false;
  std::optional<std::string> url;
  std::optional<std::string> exchange;
};

// Whether it is the history that is asked for.
bool is_of_history(const SubscribeCommandOptions& options);

// kUsage for options that do not go together.
Result<void> check_command_options(const SubscribeCommandOptions& options);

// The command without its run().
Command describe_subscribe(const std::shared_ptr<SubscribeCommandOptions>& options);

}  // namespace bb::cli
