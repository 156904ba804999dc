#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "cli/broker_errors.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/runner.h"
#include "cli/service_registration.h"
#include "cli/subscribe_jobs.h"
#include "cli/subscribe_options.h"

namespace bb::cli {
namespace {

int exit_code_of(const SubscribeReport& report, const SubscribeCommandOptions& options) {
  if (report.reason == StopReason::kInterrupted) return kExitInterrupted;
  const bool was_cut = report.reason == StopReason::kTimeout || report.reason == StopReason::kEnd;
  if (was_cut && options.count && report.printed < *options.count) {
    print_notice(fmt::format("received {} of {}", report.printed, *options.count));
    return kExitPartial;
  }
  return report.invalid == 0 ? kExitOk : error_info(ErrorCode::kInvalidPayload).exit_code;
}

int run_as_service(const SubscribeCommandOptions& options) {
  auto job = resolve_service(options);
  if (!job) return report(job.error());
  const client::SubscriberOptions& subscriber = job->subscriber;
  Runner runner;
  std::unique_ptr<registry::Registration> registration;
  job->on_subscribed = [&] {
    if (registration) registration->start();
    print_notice(
        fmt::format("{} receives {} (Ctrl-C to stop)", escape_controls(subscriber.queue),
                    escape_controls(fmt::format("{}", fmt::join(subscriber.patterns, ", ")))));
  };
  job->on_notice = [](const std::string& notice) { print_warning(notice); };
  Deadline deadline = options.timeout ? Deadline::in(*options.timeout) : Deadline();
  runner.catch_signals();
  registration = make_registration(runner.context().get_executor(), options,
                                   {subscriber.connector.urls.front().vhost, subscriber.exchange,
                                    subscriber.queue, subscriber.patterns});
  auto task = run_registered(run_service(*job, runner, deadline), registration.get());
  auto end = runner.run(std::move(task), deadline);
  if (end) {
    if (*end == ServiceEnd::kInterrupted) return kExitInterrupted;
    if (*end == ServiceEnd::kGone) return kExitFailure;
    return *end == ServiceEnd::kTimeout && options.count ? kExitPartial : kExitOk;
  }
  if (end.error().code == ErrorCode::kInterrupted) return kExitInterrupted;
  return report(explain(std::move(end).error(), subscriber.connector.urls, subscriber.exchange,
                        "it is not subscribed"));
}

int run_subscribe(const SubscribeCommandOptions& options) {
  if (const auto checked = check_command_options(options); !checked) return report(checked.error());
  if (options.exec || options.webhook) return run_as_service(options);
  auto job = resolve_subscription(options);
  if (!job) return report(job.error());
  Runner runner;
  std::unique_ptr<registry::Registration> registration;
  job->on_subscribed = [&] {
    if (registration) registration->start();
    print_notice(fmt::format("subscribed to {} on {}{} (Ctrl-C to stop)",
                             escape_controls(fmt::format("{}", fmt::join(job->patterns, ", "))),
                             job->history ? "the history of " : "",
                             escape_controls(job->exchange)));
  };
  job->on_notice = [](const std::string& notice) { print_warning(notice); };
  job->on_invalid = [](const std::string& violations) { print_error_lines(violations); };
  EventPrinter printer(options.format, inspect_terminal(STDOUT_FILENO, options.no_colour));
  SubscribeReport received;
  Deadline deadline = options.timeout ? Deadline::in(*options.timeout) : Deadline();
  runner.catch_signals();
  registration = make_registration(
      runner.context().get_executor(), options,
      {job->connector.urls.front().vhost, job->exchange, job->queue.value_or(""), job->patterns});
  auto task = run_registered(run_subscription(*job, printer, received, runner, deadline),
                             registration.get());
  auto result = runner.run(std::move(task), deadline);
  if (received.last_offset) {
    print_notice(fmt::format("the history was read up to offset {0}: to go on, --from {1}",
                             *received.last_offset, *received.last_offset + 1));
  }
  if (result) return exit_code_of(received, options);
  // Whoever pressed Ctrl-C knows; afterwards it is not said either.
  if (result.error().code == ErrorCode::kInterrupted) return kExitInterrupted;
  const std::string consequence =
      result.error().code == ErrorCode::kTimeout ? "it is not subscribed" : "";
  return report(
      explain(std::move(result).error(), job->connector.urls, job->exchange, consequence));
}

}  // namespace

Command subscribe_command() {
  const auto options = std::make_shared<SubscribeCommandOptions>();
  Command command = describe_subscribe(options);
  command.run = [options] { return run_subscribe(*options); };
  return command;
}

}  // namespace bb::cli
