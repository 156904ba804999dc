#include "cli/subscribe_options.h"

#include <fmt/format.h>

#include "base/try.h"
#include "cli/display_text.h"
#include "cli/duration.h"
#include "cli/history_range.h"
#include "cli/schema_settings.h"
#include "cli/topic_pattern.h"
#include "cli/where_option.h"
#include "client/http_url.h"
#include "client/service_names.h"
#include "registry/service_instance.h"

namespace bb::cli {
namespace {

// Any number of topic patterns.
void take_patterns(OptionSpec& spec, std::vector<std::string>& into) {
  spec.repeatable = true;
  spec.accept = [&into](const std::string& value) -> Result<void> {
    BB_TRY(check_topic_pattern(value));
    into.push_back(value);
    return {};
  };
}

OptionSpec patterns_argument(SubscribeCommandOptions& options) {
  OptionSpec spec;
  spec.names = {"PATTERN"};
  spec.value_name = "PATTERN";
  spec.help =
      "Which events: words separated by dots, * for any one word and # for any number of them; '#' "
      "is every event";
  spec.required = true;
  take_patterns(spec, options.patterns);
  return spec;
}

OptionSpec ignore_option(SubscribeCommandOptions& options) {
  OptionSpec spec;
  spec.names = {"--ignore"};
  spec.value_name = "PATTERN";
  spec.help = "But for these: they are acknowledged and passed over; may be given several times";
  take_patterns(spec, options.ignored);
  return spec;
}

OptionSpec health_url_option(SubscribeCommandOptions& options) {
  OptionSpec spec;
  spec.names = {"--health-url"};
  spec.value_name = "URL";
  spec.help = "With --service: where it answers with 2xx while it is well; 'bb services' asks";
  spec.accept = [&options](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(const client::HttpUrl url, client::parse_http_url(value));
    if (url.user) return fail(ErrorCode::kUsage, "it is shown to all, and may hold no account");
    options.health_url = value;
    return {};
  };
  return spec;
}

Result<void> check_history(const SubscribeCommandOptions& options, bool to_handler) {
  const int starts = int{options.since.has_value()} + int{options.last.has_value()} +
                     int{options.from.has_value()};
  if (starts > 1) {
    return fail(ErrorCode::kUsage, "--since, --last and --from each say where to begin: give one");
  }
  if (options.until && starts == 0) {
    return fail(ErrorCode::kUsage,
                "--until ends a part of the history: say where it begins with --since, --last or "
                "--from");
  }
  if (!is_of_history(options)) return {};
  if (options.service || options.queue || to_handler) {
    return fail(ErrorCode::kUsage,
                "a queue begins with what it holds: --since, --last and --from do not go with "
                "--service, --queue, --exec and --webhook. To handle what is in the history: "
                "bb subscribe ... --until now -o ndjson | your-command");
  }
  return {};
}

OutputFormat format_of(const std::string& name) {
  if (name == "json") return OutputFormat::kJson;
  return name == "ndjson" ? OutputFormat::kNdjson : OutputFormat::kText;
}

}  // namespace

bool is_of_history(const SubscribeCommandOptions& options) {
  return options.since || options.last || options.from;
}

Result<void> check_command_options(const SubscribeCommandOptions& options) {
  if (options.service && options.queue) {
    return fail(ErrorCode::kUsage,
                "--service has a queue of its own, EXCHANGE.SERVICE: give either that or --queue");
  }
  if (options.service && !registry::is_service_name(*options.service)) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' is no name of a service: letters, digits, '.', '_' and '-', 1 to "
                            "100 of them",
                            escape_controls(*options.service)));
  }
  if (options.service) BB_TRY(client::check_service_name(*options.service));
  if ((options.health_url || options.ttl || options.expire) && !options.service) {
    return fail(ErrorCode::kUsage,
                "--health-url, --ttl and --expire are of what is registered: name the service with "
                "--service");
  }
  if (options.ttl && (*options.ttl < registry::kTtlMin || *options.ttl > registry::kTtlMax)) {
    return fail(ErrorCode::kUsage,
                fmt::format("--ttl is from {} to {}", format_duration(registry::kTtlMin),
                            format_duration(registry::kTtlMax)));
  }
  if (options.exec && options.webhook) {
    return fail(ErrorCode::kUsage, "an event goes to --exec or to --webhook, not to both");
  }
  const bool to_handler = options.exec || options.webhook;
  BB_TRY(check_history(options, to_handler));
  if (options.dump && to_handler) {
    return fail(ErrorCode::kUsage, "an event goes to --dump, to --exec or to --webhook");
  }
  if (options.schemas && !options.validate) {
    return fail(ErrorCode::kUsage, "--schemas is for --validate");
  }
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

Command describe_subscribe(const std::shared_ptr<SubscribeCommandOptions>& options) {
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
      "With --since, --last or --from it begins with what the history of the exchange holds, "
      "oldest first, and goes on with what comes; --until ends it. At the end it says where it "
      "was, for --from.\n"
      "\n"
      "With --service it is registered, with bb serve or in Redis where REDIS_HOST is set, and "
      "'bb services' tells how it is. "
      "Where that cannot be it runs all the same.\n"
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
      "  bb subscribe '#' --ignore 'system.#' --since 1h\n"
      "  bb subscribe 'github.#' --last 20 --until now -o ndjson\n"
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
          "Post each event there in place of printing it, in the form of Standard Webhooks. What "
          "fails is posted again, with growing pauses while the endpoint is down; 410 ends it"),
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
                      "handled is remembered in Redis where REDIS_HOST is set, else in the data "
                      "directory"),
      flag("--quorum", options->quorum, "Make the queues as quorum queues"),
      health_url_option(*options),
      duration_option("--ttl", options->ttl,
                      "With --service: it is told of as gone when it was not heard of for so long; "
                      "it says three times in this time that it is there (default 30s)"),
      duration_option("--expire", options->expire,
                      "With --service: what is registered of it goes once it is gone for so long "
                      "(default never, until 'bb services remove')"),
      text_option(
          "--data-dir", "DIR", options->data_dir,
          "Where --deduplicate remembers, whatever REDIS_HOST says (default $BB_DATA_DIR, else "
          "~/.local/state/bloodbank)",
          ValueKind::kDirectory),
      where_option(
          "Only events for which this holds, as in 'payload.confidence > 0.8'; the others are "
          "acknowledged and passed over. docs/filter.md has the language",
          options->where),
      ignore_option(*options),
      text_option("--since", "PLACE", options->since,
                  "Begin with the history, of that long ago (1h) or since a time "
                  "(2026-01-27T10:15:30Z)"),
      number_option("--last", 1, kHistoryLastMax, options->last,
                    "Begin with the last N events of the history that are chosen"),
      text_option("--from", "PLACE", options->from,
                  "Begin with the history at an offset (1200), a time, or its first event (first)"),
      text_option("--until", "PLACE", options->until,
                  "End before that offset or time; now is the end of what is there"),
      text_option("--dump", "DIR", options->dump,
                  "Write each event to a file of its own there in place of printing it",
                  ValueKind::kDirectory),
      flag("--validate", options->validate,
           "Check payloads against their schemas: what is not valid is told, and 5 is the exit "
           "code; with --exec and --webhook it becomes a dead letter at once"),
      schemas_option(options->schemas),
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
  return command;
}

}  // namespace bb::cli
