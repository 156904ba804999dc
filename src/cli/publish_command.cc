#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include "base/try.h"
#include "cli/broker_errors.h"
#include "cli/bulk_publish.h"
#include "cli/commands.h"
#include "cli/event_publisher.h"
#include "cli/last_event.h"
#include "cli/link_recording.h"
#include "cli/near_binding_finder.h"
#include "cli/output.h"
#include "cli/publish_gate.h"
#include "cli/publish_highlight.h"
#include "cli/publish_options.h"
#include "cli/publish_reporter.h"
#include "cli/runner.h"
#include "cli/schema_settings.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "client/spool_place.h"

namespace bb::cli {
namespace {

int print_dry_run(const std::vector<PlannedEvent>& events) {
  const bool colour = inspect_terminal(STDOUT_FILENO).colour;
  std::string out;
  for (const PlannedEvent& event : events) {
    out += colour ? highlight_json(event.body) : event.body;
    out += '\n';
  }
  return print_result(out);
}

Result<BrokerAddress> resolve(const PublishCommandOptions& options, const Settings& settings) {
  BrokerAddress address;
  BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
  client::ConnectorOptions& connector = address.connector;
  BB_TRY_ASSIGN(connector.urls, settings.urls(options.url));
  address.exchange = exchange.value;
  address.timeout = options.timeout.value_or(address.timeout);
  connector.connect.timeout = address.timeout;
  // --timeout was given for this very command, so it wins over what the URL says for all.
  if (options.timeout) {
    for (amqp::Url& url : connector.urls) url.connection_timeout.reset();
  }
  connector.connect.connection_name = "bb publish";
  return address;
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

PublishGate make_gate(const PublishCommandOptions& options, const Settings& settings) {
  PublishGate::Options gate;
  gate.mode = options.mode();
  if (options.schema_version) gate.version = static_cast<std::uint32_t>(*options.schema_version);
  gate.open_repository = [&] { return open_repository(settings, options.schemas); };
  gate.on_notice = [](const std::string& notice) { print_notice("bb: " + notice); };
  return PublishGate(std::move(gate));
}

// The time for all of it with --fail-open, and what of that is for the broker.
constexpr std::chrono::milliseconds kFailOpenDeadline{2000};
constexpr std::chrono::milliseconds kSpoolingTime{250};

// So that each broker is tried within `time`, and what became of that is told.
void share_out(std::chrono::milliseconds time, client::ConnectorOptions& connector) {
  const auto telling = std::min(time / 10, std::chrono::milliseconds(100));
  connector.connect.timeout = (time - telling) / connector.urls.size();
  for (amqp::Url& url : connector.urls) url.connection_timeout.reset();
}

// For `-c @last`; where that cannot be kept, it says so.
void remember_last(const PublishCommandOptions& options, const Settings& settings,
                   const std::string& event_id) {
  const auto data_dir = settings.data_dir(options.data_dir);
  if (data_dir) (void)write_last_event(data_dir->value, event_id);
}

Result<SpoolFirst> spool_first(const PublishCommandOptions& options, const Settings& settings,
                               const BrokerAddress& address) {
  SpoolFirst spool;
  spool.on_notice = [quiet = options.quiet](const std::string& notice) {
    if (!quiet) print_notice(notice);
  };
  spool.on_warning = print_warning;
  if (options.spool == SpoolMode::kNever) return spool;
  BB_TRY_ASSIGN(const Setting data_dir, settings.data_dir(options.data_dir));
  auto folder = client::spool_folder(data_dir.value, address.connector.urls.front());
  // Without one, events are still published.
  if (!folder && options.spool == SpoolMode::kAlways) return fail(std::move(folder).error());
  if (folder) {
    spool.spool_folder = *std::move(folder);
  } else {
    spool.spool_problem = std::move(folder).error();
  }
  return spool;
}

int spool_rest(const PublishCommandOptions& options, const Settings& settings,
               const PublishJob& job, PublishReporter& reporter, const std::string& folder,
               const Error* error) {
  const auto rest = std::span(job.events).subspan(reporter.settled());
  const auto kept = spool_events(folder, rest, job.exchange);
  if (!kept) {
    if (error != nullptr) print_error(error->message);
    return report(no_spool(kept.error()));
  }
  reporter.on_spooled(rest);
  if (!rest.empty()) remember_last(options, settings, rest.back().event_id);
  if (error == nullptr) return kExitOk;
  const auto tell = options.fail_open ? print_warning : print_error;
  tell(fmt::format("{}; {} in the spool and will be published from there (bb spool status)",
                   error->message,
                   rest.size() == 1 ? "the event is" : fmt::format("{} events are", rest.size())));
  return options.fail_open ? kExitOk : error_info(ErrorCode::kUnreachable).exit_code;
}

int run_events(const PublishCommandOptions& options, const Settings& settings, PublishGate& gate) {
  auto events = plan_publish(options.plan, gate);
  if (!events) return report(events.error());
  if (options.dry_run) return print_dry_run(*events);
  auto address = resolve(options, settings);
  if (!address) return report(address.error());
  PublishJob job;
  static_cast<BrokerAddress&>(job) = *std::move(address);
  job.events = *std::move(events);

  auto spool = spool_first(options, settings, job);
  if (!spool) return report(spool.error());
  static_cast<SpoolFirst&>(job) = *std::move(spool);
  NearBindingFinder finder(options.url, job.exchange);
  PublishReporter reporter(options.json_output, options.quiet, job.exchange,
                           [&](const std::string& event_type) {
                             // A hook has no time for it.
                             return options.fail_open ? std::string() : finder.find(event_type);
                           });
  if (options.spool == SpoolMode::kAlways) {
    return spool_rest(options, settings, job, reporter, job.spool_folder, nullptr);
  }
  if (options.fail_open) {
    job.timeout =
        std::max(options.deadline.value_or(kFailOpenDeadline) - kSpoolingTime, kSpoolingTime);
    share_out(job.timeout, job.connector);
  }
  Deadline deadline = Deadline::in(client::round_time_max(job.connector));
  if (options.fail_open) deadline.at = deadline.latest = Deadline::in(job.timeout).at;
  PublishProgress progress;
  Runner runner;
  auto links = open_link_recorder(settings);
  if (!links) return report(links.error());
  correlation::LinkRecorder* const recorder = links->get();
  const auto has_parents = [](const PlannedEvent& event) { return !event.parents.empty(); };
  if (recorder != nullptr && std::ranges::any_of(job.events, has_parents)) recorder->expect();
  std::string last;
  job.on_settled = [&reporter, &last, recorder](const PlannedEvent& event, Fate fate) {
    reporter.on_settled(event, fate);
    if (fate != Fate::kPublished && fate != Fate::kInHistory) return;
    last = event.event_id;
    record_link(recorder, event);
  };
  job.on_spool_published = record_spool_links(recorder);
  auto result = runner.run(publish_events(job, deadline, progress), deadline);
  finish_links(recorder, runner, result, deadline);
  if (!last.empty()) remember_last(options, settings, last);
  reporter.tell_unrouted();
  if (result) return reporter.finish(job.events);

  if (!job.spool_folder.empty() && is_for_spool(result.error().code, options.fail_open)) {
    const Error error = explain(std::move(result).error(), job.connector.urls, job.exchange, "",
                                options.fail_open ? "--deadline" : "--timeout");
    return spool_rest(options, settings, job, reporter, job.spool_folder, &error);
  }
  if (job.spool_problem && is_for_spool(result.error().code, options.fail_open)) {
    print_error(explain(std::move(result).error(), job.connector.urls, job.exchange, "").message);
    return report(no_spool(*job.spool_problem));
  }
  const std::string what =
      consequence(result.error(), progress.sent, reporter.published(), job.events.size());
  const Error error = explain(std::move(result).error(), job.connector.urls, job.exchange, what);
  const int exit_code = report(error);
  return reporter.published() > 0 ? kExitPartial : exit_code;
}

int run_bulk(const PublishCommandOptions& options, const Settings& settings, PublishGate& gate) {
  BulkOptions bulk;
  bulk.plan = options.plan;
  bulk.skip_bad_lines = options.skip_bad_lines;
  bulk.dry_run = options.dry_run;
  bulk.quiet = options.quiet;
  bulk.settings = &settings;
  if (options.json_output) {
    bulk.print = BulkPrint::kJson;
  } else if (options.print_ids) {
    bulk.print = BulkPrint::kIds;
  }
  auto address = resolve(options, settings);
  // A dry run connects to nothing, so no URL is wrong for it.
  if (!address && !options.dry_run) return report(address.error());
  if (address) bulk.address = *std::move(address);
  if (!options.dry_run) {
    auto spool = spool_first(options, settings, bulk.address);
    if (!spool) return report(spool.error());
    bulk.spool = *std::move(spool);
    bulk.spool_all = options.spool == SpoolMode::kAlways;
  }
  NearBindingFinder finder(options.url, bulk.address.exchange);
  bulk.find_near = [&finder](const std::string& event_type) { return finder.find(event_type); };
  bulk.on_last = [&](const std::string& event_id) { remember_last(options, settings, event_id); };
  return publish_in_bulk(std::move(bulk), gate);
}

Result<void> find_causes(PublishCommandOptions& options, const Settings& settings) {
  std::string data_dir;
  if (needs_last_event(options.causes)) {
    BB_TRY_ASSIGN(const Setting setting, settings.data_dir(options.data_dir));
    data_dir = setting.value;
  }
  BB_TRY_ASSIGN(options.plan.correlation_ids, resolve_causes(options.causes, data_dir));
  return {};
}

int run_publish(PublishCommandOptions& options) {
  if (const auto checked = check_command_options(options); !checked) return report(checked.error());
  const Settings settings = Settings::load();
  if (const auto found = find_causes(options, settings); !found) return report(found.error());
  auto trace = find_trace(options);
  if (!trace) return report(trace.error());
  options.plan.dress.trace = *std::move(trace);
  PublishGate gate = make_gate(options, settings);
  if (options.plan.lines_file) return run_bulk(options, settings, gate);
  const int exit_code = run_events(options, settings, gate);
  // A resolver that has no answer would hold up the end of the process.
  if (options.fail_open) std::_Exit(exit_code);
  return exit_code;
}

}  // namespace

Command publish_command() {
  const auto options = std::make_shared<PublishCommandOptions>();
  Command command = describe_publish(options);
  command.run = [options] { return run_publish(*options); };
  return command;
}

}  // namespace bb::cli
