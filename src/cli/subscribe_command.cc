#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "amqp/constants.h"
#include "base/try.h"
#include "cli/broker_errors.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/runner.h"
#include "cli/settings.h"
#include "cli/subscription.h"
#include "cli/topic_pattern.h"

namespace bb::cli {
namespace {

struct Options {
  std::vector<std::string> patterns;
  std::optional<std::string> queue;
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint64_t> prefetch;
  OutputFormat format = OutputFormat::kText;
  bool no_colour = false;
  std::optional<std::string> url;
  std::optional<std::string> exchange;
};

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
  job.count_max = options.count;
  if (options.prefetch) job.prefetch = static_cast<std::uint16_t>(*options.prefetch);
  // What would only go back to the queue is better left there.
  if (options.count)
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

int run_subscribe(const Options& options) {
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
      "Exit codes: 0 when --count is reached, when --timeout ends a run without --count, or when "
      "the "
      "reader of the output has gone; 3 when --timeout comes before --count; 7 when the connection "
      "is lost, or --timeout comes before the broker has answered; 130 when interrupted.";
  command.examples =
      "  bb subscribe '#'\n"
      "  bb subscribe 'transcription.voice.*' 'tonny.#'\n"
      "  bb subscribe '#' --count 1 --timeout 10s -o json\n"
      "  bb subscribe 'agent.#' --queue bloodbank.events.v1.audit -o ndjson >> audit.ndjson\n";
  command.options = {
      patterns_argument(*options),
      text_option("--queue", "NAME", options->queue,
                  "Receive through this durable queue, which is made if it is not there, keeps its "
                  "bindings and goes on collecting events afterwards"),
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
