#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "amqp/constants.h"
#include "base/try.h"
#include "cli/broker_errors.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/order_key.h"
#include "cli/runner.h"
#include "cli/service_run.h"
#include "cli/settings.h"
#include "cli/subscription.h"
#include "cli/topic_pattern.h"
#include "client/http_url.h"
#include "client/sqlite_deduplicator.h"
#include "io/read_file.h"
#include "webhook/endpoint_url.h"
#include "webhook/signature.h"

namespace bb::cli {
namespace {

struct Options {
  std::vector<std::string> patterns;
  std::optional<std::string> queue;
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint64_t> prefetch;
  std::optional<filter::Filter> where;
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
  std::optional<std::string> data_dir;
  OutputFormat format = OutputFormat::kText;
  bool no_colour = false;
  std::optional<std::string> url;
  std::optional<std::string> exchange;
};

// It is part of a queue's name and of a file's.
bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<void> check(const Options& options) {
  if (options.service && options.queue) {
    return fail(ErrorCode::kUsage,
                "--service has a queue of its own, EXCHANGE.SERVICE: give either that or --queue");
  }
  if (options.service && !is_service_name(*options.service)) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' is no name of a service: letters, digits, '.', '_' and '-', 1 to "
                            "100 of them",
                            escape_controls(*options.service)));
  }
  if (options.exec && options.webhook) {
    return fail(ErrorCode::kUsage, "an event goes to --exec or to --webhook, not to both");
  }
  const bool to_handler = options.exec || options.webhook;
  if (to_handler && !options.service && !options.queue) {
    return fail(ErrorCode::kUsage,
                "--exec and --webhook need a queue that outlives them: name the "
                "service with --service");
  }
  if ((options.webhook_secrets || options.allow_private) && !options.webhook) {
    return fail(ErrorCode::kUsage, "--webhook-secret-file and --allow-private are for --webhook");
  }
  if (options.exec_timeout && !options.exec) {
    return fail(ErrorCode::kUsage, "--exec-timeout is for --exec");
  }
  const bool of_handlers = options.concurrency || options.attempts || options.retry_delay ||
                           options.retry_delay_max || options.ordered_by || options.deduplicate ||
                           options.quorum;
  if (of_handlers && !to_handler) {
    return fail(ErrorCode::kUsage,
                "--concurrency, --attempts, --retry-delay, --retry-delay-max, --ordered-by, "
                "--deduplicate and --quorum are for --exec and --webhook");
  }
  return {};
}

Result<SubscribeJob> resolve(const Options& options) {
  if (options.queue &&
      (options.queue->empty() || options.queue->size() > amqp::kShortStringMaxBytes)) {
    return fail(ErrorCode::kUsage, fmt::format("the queue's name must have 1 to {} bytes",
                                               amqp::kShortStringMaxBytes));
  }
  const Settings settings = Settings::load();
  SubscribeJob job;
  BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
  BB_TRY_ASSIGN(job.connect.url, amqp::parse_url(settings.url(options.url).value));
  job.connect.connection_name = "bb subscribe";
  job.exchange = exchange.value;
  job.patterns = options.patterns;
  job.queue = options.queue;
  if (options.service) job.queue = client::service_queue(job.exchange, *options.service);
  job.count_max = options.count;
  job.where = options.where;
  if (options.prefetch) job.prefetch = static_cast<std::uint16_t>(*options.prefetch);
  // What would only go back to the queue is better left there.
  if (options.count && !options.where)
    job.prefetch =
        static_cast<std::uint16_t>(std::min<std::uint64_t>(job.prefetch, *options.count));
  return job;
}

int exit_code_of(const SubscribeReport& report, const Options& options) {
  switch (report.reason) {
    case StopReason::kInterrupted:
      return kExitInterrupted;
    case StopReason::kTimeout:
      if (!options.count) return kExitOk;
      print_notice(fmt::format("received {} of {}", report.printed, *options.count));
      return kExitPartial;
    case StopReason::kCount:
    case StopReason::kReaderGone:
      return kExitOk;
  }
  return kExitFailure;
}

// Where the services of this machine keep what they have handled.
Result<std::string> handled_file(const Options& options, const std::string& queue) {
  BB_TRY_ASSIGN(const Setting data_dir, Settings::load().data_dir(options.data_dir));
  const std::string folder = data_dir.value + "/handled";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kIo, fmt::format("cannot make {}: {}", folder, error.message()));
  }
  return fmt::format("{}/{}.sqlite", folder, client::encode_path_segment(queue));
}

// The secrets are in a file, a line each, or in the environment: arguments are for all to see.
Result<webhook::SenderOptions> webhook_options(const Options& options) {
  webhook::SenderOptions sender;
  BB_TRY_ASSIGN(sender.url, webhook::parse_endpoint_url(*options.webhook));
  std::string lines;
  if (options.webhook_secrets) {
    BB_TRY_ASSIGN(lines, io::read_file(*options.webhook_secrets, 64 << 10));
  } else if (const char* const secret = std::getenv("BB_WEBHOOK_SECRET")) {
    lines = secret;
  }
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
    BB_TRY_ASSIGN(webhook::WebhookSecret secret, webhook::WebhookSecret::parse(line));
    sender.secrets.push_back(std::move(secret));
  }
  if (sender.secrets.empty()) {
    return fail(ErrorCode::kUsage,
                "--webhook needs the secret that its receiver knows (whsec_...): in "
                "BB_WEBHOOK_SECRET, or in a file with --webhook-secret-file");
  }
  sender.allow_private = options.allow_private;
  return sender;
}

std::string this_consumer(const Options& options) {
  char host[256] = "unknown";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}@{}:{}", options.service.value_or("bb"), host, ::getpid());
}

Result<ServiceJob> resolve_service(const Options& options) {
  BB_TRY_ASSIGN(const SubscribeJob usual, resolve(options));
  ServiceJob job;
  client::SubscriberOptions& subscriber = job.subscriber;
  subscriber.connector.urls = {usual.connect.url};
  subscriber.connector.connect = usual.connect;
  subscriber.exchange = usual.exchange;
  subscriber.patterns = usual.patterns;
  subscriber.queue = *usual.queue;
  // RabbitMQ and AMQP allow 255 bytes, and the queues beside it have longer names.
  if (subscriber.queue.size() + 32 > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kUsage,
                "the queue's name is too long for the queues beside it, whose "
                "names begin with it");
  }
  subscriber.consumer = this_consumer(options);
  if (options.quorum) subscriber.queue_type = client::QueueType::kQuorum;
  // An endpoint is paced by how it fares; a handler for each event is one that waits.
  subscriber.concurrency = options.concurrency.value_or(options.webhook ? 64 : 1);
  // Enough at hand for each handler that becomes free.
  subscriber.prefetch = static_cast<std::uint16_t>(options.prefetch.value_or(
      std::clamp<std::uint64_t>(2 * subscriber.concurrency, 16, UINT16_MAX)));
  subscriber.finish_max = options.count;
  client::RetryPolicy& retry = subscriber.retry;
  if (options.attempts) retry.attempts_max = *options.attempts;
  if (options.retry_delay) retry.first = *options.retry_delay;
  retry.most = std::max(options.retry_delay_max.value_or(retry.most), retry.first);
  if (options.ordered_by) {
    BB_TRY_ASSIGN(subscriber.order_key, order_key(*options.ordered_by));
  }
  if (options.deduplicate) {
    client::SqliteDeduplicatorOptions file;
    BB_TRY_ASSIGN(file.path, handled_file(options, subscriber.queue));
    file.window = std::max(std::chrono::ceil<std::chrono::seconds>(*options.deduplicate),
                           std::chrono::seconds(1));
    BB_TRY_ASSIGN(subscriber.deduplicator, client::SqliteDeduplicator::open(std::move(file)));
  }
  if (options.exec) job.command = *options.exec;
  if (options.webhook) {
    BB_TRY_ASSIGN(job.webhook, webhook_options(options));
  }
  job.where = options.where;
  if (options.exec_timeout) job.time_limit = *options.exec_timeout;
  return job;
}

int run_as_service(const Options& options) {
  auto job = resolve_service(options);
  if (!job) return report(job.error());
  const client::SubscriberOptions& subscriber = job->subscriber;
  job->on_subscribed = [&] {
    print_notice(
        fmt::format("{} receives {} (Ctrl-C to stop)", escape_controls(subscriber.queue),
                    escape_controls(fmt::format("{}", fmt::join(subscriber.patterns, ", ")))));
  };
  job->on_notice = [](const std::string& notice) { print_warning(notice); };
  Deadline deadline = options.timeout ? Deadline::in(*options.timeout) : Deadline();
  Runner runner;
  runner.catch_signals();
  auto end = runner.run(run_service(*job, runner, deadline), deadline);
  if (end) {
    if (*end == ServiceEnd::kInterrupted) return kExitInterrupted;
    if (*end == ServiceEnd::kGone) return kExitFailure;
    return *end == ServiceEnd::kTimeout && options.count ? kExitPartial : kExitOk;
  }
  if (end.error().code == ErrorCode::kInterrupted) return kExitInterrupted;
  return report(explain(std::move(end).error(), subscriber.connector.urls.front(),
                        subscriber.exchange, "it is not subscribed"));
}

int run_subscribe(const Options& options) {
  if (const auto checked = check(options); !checked) return report(checked.error());
  if (options.exec || options.webhook) return run_as_service(options);
  auto job = resolve(options);
  if (!job) return report(job.error());
  job->on_subscribed = [&] {
    print_notice(fmt::format("subscribed to {} on {} (Ctrl-C to stop)",
                             escape_controls(fmt::format("{}", fmt::join(job->patterns, ", "))),
                             escape_controls(job->exchange)));
  };
  job->on_notice = [](const std::string& notice) { print_warning(notice); };
  EventPrinter printer(options.format, inspect_terminal(STDOUT_FILENO, options.no_colour));
  SubscribeReport received;
  Deadline deadline = options.timeout ? Deadline::in(*options.timeout) : Deadline();
  Runner runner;
  runner.catch_signals();
  auto result = runner.run(run_subscription(*job, printer, received, runner, deadline), deadline);
  if (result) return exit_code_of(received, options);
  // Whoever pressed Ctrl-C knows; afterwards it is not said either.
  if (result.error().code == ErrorCode::kInterrupted) return kExitInterrupted;
  const std::string consequence =
      result.error().code == ErrorCode::kTimeout ? "it is not subscribed" : "";
  return report(explain(std::move(result).error(), job->connect.url, job->exchange, consequence));
}

OptionSpec patterns_argument(Options& options) {
  OptionSpec spec;
  spec.names = {"PATTERN"};
  spec.value_name = "PATTERN";
  spec.help =
      "Which events: words separated by dots, * for any one word and # for any number of them; '#' "
      "is every event";
  spec.required = true;
  spec.repeatable = true;
  spec.accept = [&options](const std::string& value) -> Result<void> {
    BB_TRY(check_topic_pattern(value));
    options.patterns.push_back(value);
    return {};
  };
  return spec;
}

OptionSpec where_option(Options& options) {
  OptionSpec spec;
  spec.names = {"--where"};
  spec.value_name = "CONDITION";
  spec.help =
      "Only events for which this holds, as in 'payload.confidence > 0.8'; the others are "
      "acknowledged and passed over. docs/filter.md has the language";
  spec.accept = [&options](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(options.where, filter::Filter::parse(value));
    return {};
  };
  return spec;
}

OutputFormat format_of(const std::string& name) {
  if (name == "json") return OutputFormat::kJson;
  return name == "ndjson" ? OutputFormat::kNdjson : OutputFormat::kText;
}

}  // namespace

Command subscribe_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "subscribe";
  command.aliases = {"tail"};
  command.summary = "Print events as they happen";
  command.description =
      "Receives the events whose type matches one of the patterns, and prints each on standard "
      "output. An event is acknowledged once it has been written; on the way out the others go "
      "back "
      "to the queue. Without --queue the queue is this command's own, and goes with it.\n"
      "\n"
      "As text an event is its time, type, source, the end of its id and of its first parent's, "
      "and "
      "the payload: on a terminal on a second line and cut at the width, otherwise whole on the "
      "same "
      "line. With -o ndjson it is the envelope on one line, which 'bb publish --envelope-file "
      "-' "
      "reads back; with -o json all of them are one array.\n"
      "\n"
      "With --exec an event is acknowledged once its command has ended with 0. Ended with 75 it is "
      "tried again later, as often as it takes; ended otherwise, or not within its time, it has "
      "failed: "
      "it waits in a queue of the broker, is tried again, and after the last attempt is in the "
      "queue "
      "QUEUE.dlq with what happened in its headers. What is no event goes there at once. An event "
      "can "
      "come to its command more than once. A lost connection is taken up again for ever.\n"
      "\n"
      "Exit codes: 0 when --count is reached, when --timeout ends a run without --count, or when "
      "the "
      "reader of the output has gone; 3 when --timeout comes before --count; 7 when the connection "
      "is lost, or --timeout comes before the broker has answered; 130 when interrupted.";
  command.examples =
      "  bb subscribe '#'\n"
      "  bb subscribe 'transcription.voice.*' 'tonny.#'\n"
      "  bb subscribe '#' --count 1 --timeout 10s -o json\n"
      "  bb subscribe 'transcription.#' --where 'payload.confidence > 0.8'\n"
      "  bb subscribe 'agent.#' --service hooks --webhook https://hooks.example.com/agents\n"
      "  bb subscribe 'github.pr.*' --service reviewer --exec 'jq .payload >> prs.ndjson'\n"
      "  bb subscribe 'agent.#' --queue bloodbank.events.v1.audit -o ndjson >> audit.ndjson\n";
  command.options = {
      patterns_argument(*options),
      text_option("--queue", "NAME", options->queue,
                  "Receive through this durable queue, which is made if it is not there, keeps its "
                  "bindings and goes on collecting events afterwards"),
      text_option("--service", "NAME", options->service,
                  "The same with the queue EXCHANGE.NAME: that of the service of this name"),
      text_option("--exec", "COMMAND", options->exec,
                  "Give each event to this shell command in place of printing it: the envelope on "
                  "its standard input, fields of it in BB_EVENT_TYPE, BB_EVENT_ID and others"),
      duration_option("--exec-timeout", options->exec_timeout,
                      "End a command that takes longer; it has failed then (default 1m)"),
      text_option(
          "--webhook", "URL", options->webhook,
          "Post each event there in place of printing it, in the form of Standard Webhooks: "
          "until the endpoint has it, with growing pauses while it is down; 410 ends it"),
      text_option("--webhook-secret-file", "FILE", options->webhook_secrets,
                  "The secrets (whsec_...) that sign webhooks, one a line: two while one replaces "
                  "the other (default $BB_WEBHOOK_SECRET)",
                  ValueKind::kFile),
      flag("--allow-private", options->allow_private,
           "Post to addresses of this machine and of private networks too"),
      number_option(
          "--concurrency", 1, 1000, options->concurrency,
          "Have up to N events at work at a time (default 1; with --webhook 64, of which an "
          "endpoint gets up to 8 at once)"),
      number_option("--attempts", 1, 100, options->attempts,
                    "Attempts at an event before it goes to the queue QUEUE.dlq (default 5)"),
      duration_option("--retry-delay", options->retry_delay,
                      "How long an event that failed waits for its second attempt; five times as "
                      "long for each further one (default 1s)"),
      duration_option("--retry-delay-max", options->retry_delay_max,
                      "The longest such wait (default 10m)"),
      text_option("--ordered-by", "FIELD", options->ordered_by,
                  "Keep the order of events that have the same value in this field, as in "
                  "source.app; those that follow one which failed wait for it"),
      duration_option("--deduplicate", options->deduplicate,
                      "Handle an event once even if it comes again within this time; what was "
                      "handled is remembered in the data directory"),
      flag("--quorum", options->quorum, "Make the queues as quorum queues"),
      text_option("--data-dir", "DIR", options->data_dir,
                  "Where --deduplicate remembers (default $BB_DATA_DIR, else "
                  "~/.local/state/bloodbank)",
                  ValueKind::kDirectory),
      where_option(*options),
      number_option("--count", 1, UINT64_MAX, options->count, "Stop after N events"),
      duration_option("--timeout", options->timeout,
                      "Stop this long after the start, connecting included: 500ms, 10s, 2m"),
      number_option("--prefetch", 1, UINT16_MAX, options->prefetch,
                    "Receive at most N events ahead of printing (default 64)"),
      choice_option(
          "-o,--output", {"text", "json", "ndjson"},
          [options](const std::string& name) { options->format = format_of(name); },
          "How to print events (default text)"),
      flag("--no-color", options->no_colour, "No colour, on a terminal either"),
      url_option(options->url),
      exchange_option(options->exchange),
  };
  command.run = [options] { return run_subscribe(*options); };
  return command;
}

}  // namespace bb::cli
