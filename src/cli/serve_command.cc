#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <memory>

#include "base/logging.h"
#include "base/try.h"
#include "broker/queue_arguments.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/schema_settings.h"
#include "cli/serve_limits.h"
#include "cli/settings.h"
#include "server/server.h"

namespace bb::cli {
namespace {

struct ServeOptions {
  std::optional<std::string> host;
  std::optional<std::uint64_t> port;
  std::optional<std::uint64_t> http_port;
  bool no_http = false;
  std::optional<std::string> data_dir;
  std::optional<std::string> exchange;
  std::optional<std::uint64_t> history_max_bytes;
  std::optional<std::string> history_max_age;
  bool no_history = false;
  std::optional<std::string> correlation;
  std::optional<std::uint64_t> disk_free_min;
  std::optional<std::uint64_t> memory_max;
  ServeLimits limits;
  bool repair = false;
  std::optional<broker::ValidationPolicy> validation;
  std::optional<std::string> schemas;
  logging::Level log_level = logging::Level::kInfo;
  std::optional<std::uint64_t> parent_pid;
};

std::string url_host(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

// Where a client on this machine finds a server that listens on `host`.
std::string client_host(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

std::string http_line(const server::Listening& listening) {
  if (!listening.http_port) return {};
  return fmt::format("management on http://{}:{}\n", url_host(listening.host),
                     *listening.http_port);
}

void announce(const server::Listening& listening) {
  // No path: rabbitmq-c, and so amqp-publish, takes a trailing slash for the virtual host "".
  const std::string url = fmt::format("amqp://guest:guest@{}:{}",
                                      url_host(client_host(listening.host)), listening.port);
  const auto written =
      write_all(STDOUT_FILENO, fmt::format("listening on amqp://{0}:{1}\n"
                                           "  RABBIT_URL={2} bb subscribe '#'\n"
                                           "  RABBIT_URL={2} bb publish llm.prompt --json "
                                           "'{{\"prompt\":\"hello\"}}'\n",
                                           url_host(listening.host), listening.port, url) +
                                   http_line(listening));
  // The bus serves its clients whether or not somebody reads this.
  if (!written) print_warning(written.error().message);
}

Result<std::optional<broker::HistoryLimits>> history_limits(const ServeOptions& options) {
  if (options.no_history) {
    if (options.history_max_bytes || options.history_max_age) {
      return fail(ErrorCode::kUsage, "--no-history keeps nothing that could have a limit");
    }
    return std::nullopt;
  }
  broker::HistoryLimits limits;
  if (options.history_max_bytes) limits.bytes_max = *options.history_max_bytes;
  if (options.history_max_age) {
    if (!broker::parse_age(*options.history_max_age)) {
      return fail(
          ErrorCode::kUsage,
          fmt::format("--history-max-age '{}': a number and one of Y M D h m s is meant, as "
                      "in 30D or 12h",
                      *options.history_max_age));
    }
    limits.age_max = *options.history_max_age;
  }
  return limits;
}

Result<server::ServerOptions> server_options(const ServeOptions& options) {
  const Settings settings = Settings::load();
  server::ServerOptions result;
  if (options.host) result.host = *options.host;
  if (options.port) result.port = static_cast<std::uint16_t>(*options.port);
  if (options.no_http) {
    result.http_port = std::nullopt;
  } else if (options.http_port) {
    result.http_port = static_cast<std::uint16_t>(*options.http_port);
  } else if (result.port == 0) {
    result.http_port = 0;
  }
  if (result.port != 0 && result.http_port == result.port) {
    return fail(ErrorCode::kUsage,
                fmt::format("AMQP and the management API cannot share port {}; give --port and "
                            "--http-port different ones, or --no-http",
                            result.port));
  }
  BB_TRY_ASSIGN(const Setting data_dir, settings.data_dir(options.data_dir));
  BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
  result.data_dir = data_dir.value;
  result.events_exchange = exchange.value;
  result.repair = options.repair;
  result.events_validation = options.validation;
  BB_TRY_ASSIGN(result.events_history, history_limits(options));
  BB_TRY_ASSIGN(result.correlation, settings.correlation_tracking(options.correlation));
  BB_TRY_ASSIGN(result.correlation_ttl, settings.correlation_ttl());
  result.open_schemas = [settings, flag = options.schemas] {
    return open_repository(settings, flag, {},
                           [](const std::string& warning) { logging::warning("{}", warning); });
  };
  if (options.disk_free_min) result.disk_free_min_bytes = *options.disk_free_min;
  result.memory_max_bytes = options.memory_max;
  options.limits.apply(result.limits);
  return result;
}

int run_serve(const ServeOptions& options) {
  if (options.parent_pid) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    // The parent may have died before the line above.
    if (static_cast<std::uint64_t>(::getppid()) != *options.parent_pid) return kExitFailure;
  }
  logging::set_level(options.log_level);
  const auto resolved = server_options(options);
  if (!resolved) return report(resolved.error());
  const auto served = server::run_server(*resolved, announce);
  return served ? kExitOk : report(served.error());
}

OptionSpec log_level_option(ServeOptions& options) {
  return choice_option(
      "--log-level", {"debug", "info", "warning", "error"},
      [&options](const std::string& name) {
        if (const auto level = logging::parse_level(name)) options.log_level = *level;
      },
      "Log entries of this level and above, on standard error (default info)");
}

OptionSpec validate_option(ServeOptions& options) {
  return choice_option(
      "--validate", {"off", "permissive", "strict"},
      [&options](const std::string& name) {
        options.validation = broker::parse_validation_policy(name);
      },
      "What events published to the events exchange have to be: anything (off, the default), "
      "envelopes that are valid by the schema of their type (strict), or such, or of a type "
      "without "
      "a schema (permissive). What is refused is in the queue EXCHANGE.quarantine");
}

// For `bb demo`: the server must not outlive the one that started it.
OptionSpec parent_option(ServeOptions& options) {
  OptionSpec spec = number_option("--exit-with-parent", 1, UINT32_MAX, options.parent_pid,
                                  "End when the process of this id, the parent, ends");
  spec.hidden = true;
  return spec;
}

}  // namespace

Command serve_command() {
  const auto options = std::make_shared<ServeOptions>();
  Command command;
  command.name = "serve";
  command.summary = "Run the event bus on this machine";
  command.description =
      "Runs an AMQP 0-9-1 broker until SIGINT or SIGTERM. Its first line on standard output is the "
      "URL it listens on, the lines after it are commands to try and where the "
      "management API is.\n"
      "It is reachable from this machine alone unless --host says otherwise; the account guest "
      "works over loopback alone.";
  command.examples =
      "  bb serve\n"
      "  bb serve --validate strict\n"
      "  bb serve --port 5673 --http-port 8683 --data-dir /tmp/bus --log-level debug\n";
  command.options = {
      text_option("--host", "ADDRESS", options->host,
                  "The address to listen on (default 127.0.0.1)"),
      number_option("--port", 0, UINT16_MAX, options->port,
                    "The port to listen on (default 5672); 0 takes a free one"),
      number_option("--http-port", 0, UINT16_MAX, options->http_port,
                    "The port of the management API and of /metrics (default 8682; 0, and the "
                    "default with --port 0, takes a free one)"),
      flag("--no-http", options->no_http, "Neither management API nor /metrics"),
      text_option("--data-dir", "DIR", options->data_dir,
                  "Where the bus keeps its data (default $BB_DATA_DIR, else "
                  "~/.local/state/bloodbank)",
                  ValueKind::kDirectory),
      exchange_option(options->exchange),
      validate_option(*options),
      schemas_option(options->schemas),
      bytes_option("--history-max-bytes", 1 << 20, INT64_MAX, options->history_max_bytes,
                   "How much of the events is kept in the stream EXCHANGE.history for those who "
                   "look back (default 1073741824); the oldest go first"),
      text_option("--history-max-age", "AGE", options->history_max_age,
                  "How long they are kept there: a number and one of Y M D h m s (default 30D)"),
      flag("--no-history", options->no_history,
           "Keep no history; what is in it stays until it is deleted (bb queues delete)"),
      choice_option(
          "--correlation", {"on", "off"},
          [options](const std::string& name) { options->correlation = name; },
          "Keep what caused which event, from the history, for `bb trace` (default "
          "$CORRELATION_TRACKING, else on), $CORRELATION_TTL_DAYS long (30)"),
      bytes_option("--disk-free-min", 0, UINT64_MAX, options->disk_free_min,
                   "Hold publishers back while the disk has fewer bytes left (default 50000000)"),
      bytes_option("--memory-max", 1 << 20, UINT64_MAX, options->memory_max,
                   "Hold publishers back while events in memory take more bytes (default 40% of "
                   "the machine's)"),
      flag("--repair", options->repair,
           "Start although the log is damaged, without what is damaged"),
      log_level_option(*options),
      parent_option(*options),
  };
  std::ranges::move(limit_options(options->limits), std::back_inserter(command.options));
  command.run = [options] { return run_serve(*options); };
  return command;
}

}  // namespace bb::cli
