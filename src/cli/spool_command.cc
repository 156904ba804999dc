#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/try.h"
#include "cli/ask.h"
#include "cli/broker_errors.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/link_recording.h"
#include "cli/output.h"
#include "cli/runner.h"
#include "cli/settings.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "client/connector.h"
#include "client/spool.h"
#include "client/spool_drainer.h"
#include "client/spool_place.h"

namespace bb::cli {
namespace {

using client::Spool;
using client::SpoolArea;
using client::SpoolEntry;

struct Options {
  std::optional<std::string> url;
  std::optional<std::string> data_dir;
  OutputFormat format = OutputFormat::kText;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint64_t> limit;
  std::optional<std::string> number;  // of an entry
  bool all = false;
  bool refused = false;
  bool damaged = false;
  bool yes = false;

  SpoolArea area() const { return refused ? SpoolArea::kRefused : SpoolArea::kWaiting; }
};

struct Place {
  std::vector<amqp::Url> urls;
  std::string folder;
};

Result<Place> find_place(const Options& options) {
  const Settings settings = Settings::load();
  Place place;
  BB_TRY_ASSIGN(place.urls, settings.urls(options.url));
  BB_TRY_ASSIGN(const Setting data_dir, settings.data_dir(options.data_dir));
  BB_TRY_ASSIGN(place.folder, client::spool_folder(data_dir.value, place.urls.front()));
  return place;
}

Result<Spool> open_spool(const Place& place) {
  return Spool::open(place.folder, client::SpoolOptions{});
}

std::string time_or_nothing(const std::optional<Timestamp>& time) {
  return time ? format_rfc3339(*time) : "";
}

Result<void> run_status(const Options& options) {
  BB_TRY_ASSIGN(const Place place, find_place(options));
  BB_TRY_ASSIGN(Spool spool, open_spool(place));
  BB_TRY_ASSIGN(const client::SpoolStatus status, spool.status());
  std::string text;
  if (options.format == OutputFormat::kText) {
    text = fmt::format("broker    {}\nfolder    {}\nwaiting   {} events, {} of {} bytes\n",
                       redacted(place.urls), place.folder, status.entries, status.bytes,
                       status.bytes_max);
    if (status.oldest) text += fmt::format("oldest    {}\n", time_or_nothing(status.oldest));
    if (status.newest) text += fmt::format("newest    {}\n", time_or_nothing(status.newest));
    if (status.draining) text += "draining  by a process\n";
    if (status.refused_entries > 0) {
      text += fmt::format("refused   {} events, {} bytes (bb spool list --refused)\n",
                          status.refused_entries, status.refused_bytes);
    }
    if (status.damage) text += fmt::format("damage    {}\n", status.damage->message);
  } else {
    const auto quoted = [](const std::string& value) {
      return value.empty() ? std::string("null") : quote_json(value);
    };
    text = fmt::format(
        "{{\"broker\":{},\"folder\":{},\"entries\":{},\"bytes\":{},\"bytes_max\":{},\"oldest\":{},"
        "\"newest\":{},\"draining\":{},\"refused_entries\":{},\"refused_bytes\":{},\"damage\":{}}}"
        "\n",
        quote_json(redacted(place.urls)), quote_json(place.folder), status.entries, status.bytes,
        status.bytes_max, quoted(time_or_nothing(status.oldest)),
        quoted(time_or_nothing(status.newest)), status.draining, status.refused_entries,
        status.refused_bytes, quoted(status.damage ? status.damage->message : ""));
  }
  BB_TRY(write_all(STDOUT_FILENO, text));
  return {};
}

std::string json_of(const SpoolEntry& entry) {
  const auto properties = entry.message().properties;
  return fmt::format(
      "{{\"number\":{},\"spooled_at\":{},\"event_type\":{},\"event_id\":{},\"exchange\":{},"
      "\"bytes\":{},\"refusal\":{}}}",
      entry.number, quote_json(format_rfc3339(entry.spooled_at)), quote_json(entry.routing_key),
      quote_json(properties.message_id.value_or("")), quote_json(entry.exchange), entry.body.size(),
      entry.refusal.empty() ? "null" : quote_json(entry.refusal));
}

Result<void> run_list(const Options& options) {
  BB_TRY_ASSIGN(const Place place, find_place(options));
  BB_TRY_ASSIGN(Spool spool, open_spool(place));
  Table table;
  table.columns = {{"NUMBER", true}, {"SPOOLED"}, {"TYPE"}, {"ID"}, {"BYTES", true}};
  if (options.refused) table.columns.push_back({"WHY"});
  std::string json;
  std::uint64_t left = options.limit.value_or(1000);
  bool more = false;
  const auto visited = spool.visit(options.area(), 0, [&](const SpoolEntry& entry) {
    if (left == 0) {
      more = true;
      return false;
    }
    --left;
    if (options.format == OutputFormat::kText) {
      const auto properties = entry.message().properties;
      table.rows.push_back({std::to_string(entry.number), format_rfc3339(entry.spooled_at),
                            entry.routing_key, std::string(properties.message_id.value_or("")),
                            std::to_string(entry.body.size())});
      if (options.refused) table.rows.back().push_back(entry.refusal);
    } else {
      json += options.format == OutputFormat::kNdjson ? "" : json.empty() ? "[" : ",";
      json += json_of(entry);
      if (options.format == OutputFormat::kNdjson) json += '\n';
    }
    return true;
  });
  // Damage is told behind what can be read.
  if (!visited && visited.error().code != ErrorCode::kCorruptData) return visited;
  if (options.format == OutputFormat::kJson) json += json.empty() ? "[]\n" : "]\n";
  if (options.format == OutputFormat::kText) {
    if (table.rows.empty()) {
      if (!visited) return visited;
      print_notice(options.refused ? "bb: nothing was refused" : "bb: the spool is empty");
      return {};
    }
    json = render_table(table, inspect_terminal(STDOUT_FILENO).colour);
  }
  BB_TRY(write_all(STDOUT_FILENO, json));
  if (more) print_notice("bb: there are more; --limit N shows more of them");
  return visited;
}

struct Flushing {
  client::ConnectorOptions connector;
  std::chrono::milliseconds timeout;
  SpoolArea area;
  correlation::LinkRecorder* links = nullptr;
};

boost::asio::awaitable<Result<client::DrainReport>> flush(Flushing flushing, Spool& spool,
                                                          Deadline& deadline) {
  auto drain = spool.try_begin_drain(flushing.area);
  if (!drain) co_return fail(std::move(drain).error());
  if (!*drain) {
    co_return fail(ErrorCode::kResourceLocked,
                   "another process is publishing what is in the spool");
  }
  auto connected = co_await client::connect_to_any(flushing.connector);
  if (!connected) co_return fail(std::move(connected).error());
  deadline.move_to(flushing.timeout);
  client::Connection connection = *std::move(connected);
  client::DrainReport report;
  std::function<void()> on_progress = [&] { deadline.move_to(flushing.timeout); };
  std::set<std::string> declared;
  std::function<void(const SpoolEntry&)> on_published = record_spool_links(flushing.links);
  auto drained = co_await client::drain_spool(**drain, connection, report, std::move(on_progress),
                                              std::move(declared), std::move(on_published));
  co_await connection.close();
  if (!drained) co_return fail(std::move(drained).error());
  co_return report;
}

int run_flush(const Options& options) {
  const auto place = find_place(options);
  if (!place) return report(place.error());
  auto spool = open_spool(*place);
  if (!spool) return report(spool.error());
  Flushing flushing;
  flushing.connector.urls = place->urls;
  flushing.connector.connect.connection_name = "bb spool flush";
  flushing.timeout = options.timeout.value_or(std::chrono::milliseconds(5000));
  flushing.connector.connect.timeout = flushing.timeout;
  flushing.area = options.area();
  Deadline deadline = Deadline::in(client::round_time_max(flushing.connector));
  Runner runner;
  runner.catch_signals();
  const auto links = open_link_recorder(Settings::load());
  if (!links) return report(links.error());
  flushing.links = links->get();
  auto done = runner.run(flush(flushing, *spool, deadline), deadline);
  const Result<void> before = done ? Result<void>() : fail(done.error());
  finish_links(links->get(), runner, before, deadline);
  if (!done) {
    return report(
        explain(std::move(done).error(), place->urls, "", "what is left stays in the spool"));
  }
  print_notice(fmt::format("bb: {} events are published", done->published));
  if (done->refused == 0) {
    const auto status = spool->status();
    if (status && status->refused_entries > 0) {
      print_notice(fmt::format("bb: {} events were refused: bb spool list --refused says why",
                               status->refused_entries));
    }
    return kExitOk;
  }
  print_error(
      fmt::format("{} events were refused: bb spool list --refused says why", done->refused));
  return kExitPartial;
}

Result<void> run_drop(const Options& options) {
  if ((options.all ? 1 : 0) + (options.number ? 1 : 0) + (options.damaged ? 1 : 0) != 1) {
    return fail(ErrorCode::kUsage, "give the number of an entry, --all or --damaged");
  }
  BB_TRY_ASSIGN(const Place place, find_place(options));
  BB_TRY_ASSIGN(Spool spool, open_spool(place));
  if (options.damaged) {
    BB_TRY(confirm("Give up what is damaged in the spool?", options.yes));
    BB_TRY_ASSIGN(const Spool::Damage damage, spool.drop_damaged());
    print_notice(
        damage.places == 0
            ? "bb: nothing of the spool is damaged"
            : fmt::format("bb: given up: {} bytes in {} {}, and the events that were there",
                          damage.bytes, damage.places, damage.places == 1 ? "place" : "places"));
    return {};
  }
  if (options.all) {
    BB_TRY(confirm(options.refused ? "Drop all events that were refused?"
                                   : "Drop all events of the spool, which no broker has?",
                   options.yes));
    BB_TRY_ASSIGN(const std::uint64_t count, spool.drop_all(options.area()));
    print_notice(fmt::format("bb: {} events were dropped", count));
    return {};
  }
  std::uint64_t number = 0;
  const char* const end = options.number->data() + options.number->size();
  const auto [rest, error] = std::from_chars(options.number->data(), end, number);
  if (error != std::errc{} || rest != end) {
    return fail(ErrorCode::kUsage, fmt::format("'{}' is no number of an entry: bb spool list shows "
                                               "them",
                                               *options.number));
  }
  BB_TRY(confirm(fmt::format("Drop the event {} of the spool, which no broker has?", number),
                 options.yes));
  return spool.drop(options.area(), number);
}

int exit_code_of(const Result<void>& result) {
  return result ? kExitOk : report(result.error());
}

OptionSpec format_option(Options& options) {
  return choice_option(
      "-o,--output", {"text", "json", "ndjson"},
      [&options](const std::string& name) {
        options.format = name == "json"     ? OutputFormat::kJson
                         : name == "ndjson" ? OutputFormat::kNdjson
                                            : OutputFormat::kText;
      },
      "How to print it (default text)");
}

Command spool_subcommand(std::string name, std::string summary, std::string description,
                         std::string examples, const std::shared_ptr<Options>& options,
                         std::vector<OptionSpec> specs) {
  Command command;
  command.name = std::move(name);
  command.summary = std::move(summary);
  command.description = std::move(description);
  command.examples = std::move(examples);
  command.options = std::move(specs);
  command.options.push_back(text_option("--data-dir", "DIR", options->data_dir,
                                        "Where the spool is (default $BB_DATA_DIR, else "
                                        "~/.local/state/bloodbank)",
                                        ValueKind::kDirectory));
  command.options.push_back(url_option(options->url));
  return command;
}

Command status_command() {
  const auto options = std::make_shared<Options>();
  Command command = spool_subcommand("status", "What waits in the spool",
                                     "Tells how many events wait for a broker, and for how long.",
                                     "  bb spool status\n", options, {format_option(*options)});
  command.run = [options] { return exit_code_of(run_status(*options)); };
  return command;
}

Command list_command() {
  const auto options = std::make_shared<Options>();
  Command command = spool_subcommand(
      "list", "The events in the spool", "Lists the events in the spool, the oldest first.",
      "  bb spool list\n  bb spool list --refused -o ndjson\n", options,
      {flag("--refused", options->refused,
            "Those that a broker was there for and did not take, and why"),
       number_option("--limit", 1, UINT64_MAX, options->limit, "At most N of them (default 1000)"),
       format_option(*options)});
  command.run = [options] { return exit_code_of(run_list(*options)); };
  return command;
}

Command flush_command() {
  const auto options = std::make_shared<Options>();
  Command command = spool_subcommand(
      "flush", "Publish what waits in the spool",
      "Publishes the events of the spool in order; each leaves it once the broker has confirmed "
      "it. Those that no queue receives are set aside.\n"
      "\n"
      "Exit codes: 0 all are published, 3 some were refused, 7 broker unreachable.",
      "  bb spool flush\n  bb spool flush --refused\n", options,
      {flag("--refused", options->refused, "Those that were refused, once more"),
       duration_option("--timeout", options->timeout,
                       "How long to wait for the broker, and for each further confirm (default "
                       "5s)")});
  command.run = [options] { return run_flush(*options); };
  return command;
}

Command drop_command() {
  const auto options = std::make_shared<Options>();
  OptionSpec number = text_option("NUMBER", "NUMBER", options->number, "The event, as listed");
  Command command =
      spool_subcommand("drop", "Take events out of the spool for good",
                       "Removes events that no broker has, after asking.",
                       "  bb spool drop 17\n  bb spool drop --all --yes\n", options,
                       {std::move(number), flag("--all", options->all, "All of them"),
                        flag("--refused", options->refused, "Of those that were refused"),
                        flag("--damaged", options->damaged,
                             "What cannot be read any more, so that the rest can be published"),
                        flag("-y,--yes", options->yes, "Do not ask")});
  command.run = [options] { return exit_code_of(run_drop(*options)); };
  return command;
}

}  // namespace

Command spool_command() {
  Command group =
      command_group("spool", "Events that no broker took yet",
                    "The spool of this machine keeps the events that 'bb publish' found no broker "
                    "for, on disk and "
                    "in order, one spool for each broker and virtual host.",
                    {status_command(), list_command(), flush_command(), drop_command()});
  group.default_subcommand = "status";
  return group;
}

}  // namespace bb::cli
