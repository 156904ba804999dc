#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/broker_errors.h"
#include "cli/commands.h"
#include "cli/event_publisher.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/publish_plan.h"
#include "cli/runner.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

struct Options {
  PublishOptions plan;
  bool dry_run = false;
  bool json_output = false;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> url;
  std::optional<std::string> exchange;
};

// Prints what became of each event, and remembers it for the exit code.
class Reporter {
 public:
  Reporter(bool json_output, std::string exchange)
      : json_output_(json_output), exchange_(std::move(exchange)) {}

  void on_settled(const PlannedEvent& event, Fate fate) {
    switch (fate) {
      case Fate::kPublished:
        ++published_;
        print_published(event);
        break;
      case Fate::kUnroutable:
        failed({ErrorCode::kNoRoute,
                fmt::format("no queue received '{0}': the event {1} was not kept; subscribe first "
                            "(bb subscribe '{0}'), or give its service a durable queue (--queue)",
                            event.event_type, event.event_id)});
        break;
      case Fate::kRefused:
        failed(
            {ErrorCode::kNacked, fmt::format("the broker refused the event {} ('{}'): it was not "
                                             "kept; its log says why",
                                             event.event_id, event.event_type)});
        break;
      case Fate::kUnknown:
        break;
    }
  }

  std::size_t published() const { return published_; }

  // Of a run whose connection did not fail: the notice for a person, and the exit code.
  int finish(const std::vector<PlannedEvent>& events) const {
    if (published_ > 0 && !json_output_) print_summary(events);
    if (!first_failure_) return output_failed_ ? kExitFailure : kExitOk;
    return published_ > 0 ? kExitPartial : error_info(*first_failure_).exit_code;
  }

 private:
  void print_published(const PlannedEvent& event) {
    const std::string line = json_output_
                                 ? fmt::format(
                                       "{{\"event_id\":{},\"event_type\":{},\"exchange\":{},"
                                       "\"routing_key\":{},\"status\":\"published\"}}\n",
                                       quote_json(event.event_id), quote_json(event.event_type),
                                       quote_json(exchange_), quote_json(event.event_type))
                                 : event.event_id + "\n";
    // Of a stream the first failed write is enough to hear of.
    if (!output_failed_ && print_result(line) != kExitOk) output_failed_ = true;
  }

  void failed(Error error) {
    if (!first_failure_) first_failure_ = error.code;
    print_error(error.message);
  }

  void print_summary(const std::vector<PlannedEvent>& events) const {
    const Terminal terminal = inspect_terminal(STDERR_FILENO);
    // For a person alone: in a script, silence is success.
    if (!terminal.interactive) return;
    const bool colour = terminal.colour;
    const std::string what = events.size() == 1
                                 ? paint(events.front().event_type, Style::kCyan, colour)
                                 : fmt::format("{} of {} events", published_, events.size());
    print_notice(
        fmt::format("{} {} to {}", paint("published", Style::kGreen, colour), what, exchange_));
  }

  bool json_output_;
  std::string exchange_;
  std::size_t published_ = 0;
  std::optional<ErrorCode> first_failure_;
  bool output_failed_ = false;
};

int print_dry_run(const std::vector<PlannedEvent>& events) {
  std::string out;
  for (const PlannedEvent& event : events) out += event.body + "\n";
  return print_result(out);
}

Result<PublishJob> resolve(const Options& options) {
  const Settings settings = Settings::load();
  PublishJob job;
  BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
  BB_TRY_ASSIGN(job.connect.url, amqp::parse_url(settings.url(options.url).value));
  job.exchange = exchange.value;
  job.timeout = options.timeout.value_or(job.timeout);
  job.connect.timeout = job.timeout;
  // --timeout was given for this very command, so it wins over what the URL says for all.
  if (options.timeout) job.connect.url.connection_timeout.reset();
  job.connect.connection_name = "bb publish";
  return job;
}

// What an error meant for the events.
std::string consequence(const Error& error, std::size_t sent, std::size_t published,
                        std::size_t total) {
  if (total > 1) return fmt::format("{} of {} events are confirmed", published, total);
  // Refused together with the exchange that it was for.
  const bool refused =
      error.code == ErrorCode::kPreconditionFailed || error.code == ErrorCode::kAccessRefused;
  return sent == 0 || refused ? "the event was not published"
                              : "the event was not confirmed: it may be lost";
}

int run_publish(const Options& options) {
  auto events = plan_publish(options.plan);
  if (!events) return report(events.error());
  if (options.dry_run) return print_dry_run(*events);
  auto job = resolve(options);
  if (!job) return report(job.error());
  job->events = *std::move(events);

  Reporter reporter(options.json_output, job->exchange);
  job->on_settled = [&reporter](const PlannedEvent& event, Fate fate) {
    reporter.on_settled(event, fate);
  };
  Deadline deadline = Deadline::in(job->timeout);
  PublishProgress progress;
  Runner runner;
  auto result = runner.run(publish_events(*job, deadline, progress), deadline);
  if (result) return reporter.finish(job->events);

  const std::string what =
      consequence(result.error(), progress.sent, reporter.published(), job->events.size());
  const Error error = explain(std::move(result).error(), job->connect.url, job->exchange, what);
  const int exit_code = report(error);
  return reporter.published() > 0 ? kExitPartial : exit_code;
}

OptionSpec uuid_option(std::string_view names, std::function<void(const Uuid&)> accept,
                       std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.value_name = "UUID";
  spec.help = std::move(help);
  spec.accept = [accept = std::move(accept)](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(const Uuid id, Uuid::parse(value));
    accept(id);
    return {};
  };
  return spec;
}

std::vector<OptionSpec> payload_options(PublishOptions& plan) {
  return {
      text_option(
          "EVENT_TYPE", "EVENT_TYPE", plan.event_type,
          "What happened, and the routing key: <domain>.<entity>.<action>; with an envelope "
          "it may be left out"),
      text_option("--payload-file", "FILE", plan.payload_file,
                  "Take the payload, a JSON object, from FILE; - is standard input",
                  ValueKind::kFile),
      text_option("--json", "JSON", plan.json,
                  "Take the payload as it is, from @FILE, or with - from standard input",
                  ValueKind::kInlineOrFile),
      text_option("--envelope-file", "FILE", plan.envelope_file,
                  "Publish the envelope in FILE, or each of several one after another, exactly as "
                  "it is; - is standard input",
                  ValueKind::kFile),
      text_option("--envelope-json", "JSON", plan.envelope_json, "Publish this envelope"),
  };
}

std::vector<OptionSpec> envelope_options(PublishOptions& plan) {
  OptionSpec correlation = uuid_option(
      "-c,--correlation-id", [&plan](const Uuid& id) { plan.correlation_ids.push_back(id); },
      "An event that caused this one");
  correlation.repeatable = true;
  return {
      uuid_option(
          "--event-id", [&plan](const Uuid& id) { plan.event_id = id; },
          "The event's id (default a new one)"),
      std::move(correlation),
      choice_option(
          "--source-type", {"manual", "agent", "scheduled", "file_watch", "hook"},
          [&plan](const std::string& name) {
            if (const auto type = parse_source_type(name)) plan.source_type = *type;
          },
          "What kind of thing emits it (default manual)"),
      text_option("--source-app", "NAME", plan.source_app, "The program that emits it"),
      text_option("--source-host", "NAME", plan.source_host,
                  "The machine that emits it (default this machine's name)"),
  };
}

}  // namespace

Command publish_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "publish";
  command.summary = "Publish an event, and print its id once the broker has confirmed it";
  command.description =
      "Wraps a payload in an event envelope and publishes it to the exchange, which is made if it "
      "is not there, with the event type as the routing key. Prints the event's id on standard "
      "output as soon as the broker has confirmed it.\n"
      "\n"
      "The payload comes from exactly one of --payload-file and --json; or ready-made envelopes "
      "come from one of --envelope-file and --envelope-json. All are checked before the first one "
      "is published, and of several, ids are printed one a line. What 'bb subscribe -o ndjson' "
      "prints, 'bb publish --envelope-file -' reads back.\n"
      "\n"
      "Exit codes: 3 when some of several events were published, 4 wrong credentials, 5 not JSON "
      "or "
      "not an event, 6 no queue received it, 7 broker unreachable.";
  command.examples =
      "  bb publish hello.world --json '{\"text\":\"hello\"}'\n"
      "  echo '{\"text\":\"hello\"}' | bb publish hello.world --json -\n"
      "  id=$(bb publish agent.thread.prompt --json '{\"prompt\":\"hi\"}' --source-type agent)\n"
      "  bb publish agent.thread.response --json '{\"text\":\"hello\"}' -c \"$id\"\n"
      "  bb publish hello.world --json '{}' --dry-run | bb publish --envelope-file -\n";
  command.options = payload_options(options->plan);
  for (OptionSpec& spec : envelope_options(options->plan)) {
    command.options.push_back(std::move(spec));
  }
  command.options.push_back(
      flag("--dry-run", options->dry_run, "Check, print the envelope, and connect to nothing"));
  command.options.push_back(choice_option(
      "-o,--output", {"text", "json"},
      [options](const std::string& name) { options->json_output = name == "json"; },
      "Print the id alone (text, the default), or one object an event (json)"));
  command.options.push_back(duration_option(
      "--timeout", options->timeout,
      "How long to wait for the broker, and then for each further confirm while nothing is "
      "being sent (default 5s)"));
  command.options.push_back(url_option(options->url));
  command.options.push_back(exchange_option(options->exchange));
  command.run = [options] { return run_publish(*options); };
  return command;
}

}  // namespace bb::cli
