#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/broker_errors.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/event_argument.h"
#include "cli/event_printer.h"
#include "cli/history_lookup.h"
#include "cli/link_source.h"
#include "cli/output.h"
#include "cli/runner.h"
#include "cli/trace.h"
#include "cli/trace_diagram.h"
#include "cli/trace_text.h"
#include "correlation/graph_json.h"

namespace bb::cli {
namespace {

using correlation::Direction;
using correlation::Graph;

constexpr std::chrono::milliseconds kConnectTimeout{5'000};
constexpr std::chrono::milliseconds kLookupTimeout{15'000};
// Between machines, and between an event and its record.
constexpr std::chrono::minutes kClockSkew{1};
constexpr std::uint64_t kDepthMax = 100'000;
constexpr std::uint64_t kEventsMax = 100'000;

enum class TraceFormat { kText, kJson, kDot, kMermaid };

struct TraceOptions {
  std::optional<Uuid> event;
  bool up = false;
  bool down = false;
  std::optional<std::uint64_t> depth;
  std::optional<std::uint64_t> events;
  TraceFormat format = TraceFormat::kText;
  bool timeline = false;
  bool payloads = false;
  bool ids = false;
  LinkPlace links = LinkPlace::kAuto;
  ManagementOptions management;
  std::optional<std::string> url;
  std::optional<std::string> exchange;

  Direction direction() const {
    if (up && down) return Direction::kLineage;
    if (up) return Direction::kAncestors;
    return down ? Direction::kDescendants : Direction::kConnected;
  }
  correlation::WalkLimits limits() const {
    correlation::WalkLimits limits;
    if (depth) limits.depth_max = static_cast<std::uint32_t>(*depth);
    if (events) limits.events_max = *events;
    return limits;
  }
};

// Before which hardly one of the events was published, if that can be told: a link by hand may be
// much later than its event.
std::optional<Timestamp> beginning_of(const Trace& trace) {
  Timestamp begin = Timestamp::max();
  for (Trace::Place event = 0; event < trace.size(); ++event) {
    const auto time = trace.time(event);
    if (!time) return std::nullopt;
    begin = std::min(begin, *time);
  }
  return begin - kClockSkew;
}

Result<std::vector<std::string>> find_over_amqp(const TraceOptions& options,
                                                const Settings& settings, std::vector<Uuid> ids,
                                                std::optional<Timestamp> since) {
  HistoryLookup lookup;
  auto urls = settings.urls(options.url);
  const auto exchange = settings.exchange(options.exchange);
  if (!urls || !exchange) {
    print_warning((urls ? exchange.error() : urls.error()).message);
    return std::vector<std::string>();
  }
  lookup.connector.urls = *std::move(urls);
  lookup.connector.connect.connection_name = "bb trace";
  lookup.connector.connect.timeout = options.management.timeout.value_or(kConnectTimeout);
  lookup.exchange = exchange->value;
  lookup.events = std::move(ids);
  lookup.since = since;
  Runner runner;
  runner.catch_signals();
  const auto found = runner.run(find_in_history(lookup), Deadline::in(kLookupTimeout));
  if (!found && found.error().code == ErrorCode::kInterrupted) return fail(found.error());
  if (!found && found.error().code != ErrorCode::kNotFound) {
    print_warning(fmt::format("not all events were looked for in the history: {}",
                              explain(found.error(), lookup.connector.urls, lookup.exchange,
                                      "of the others there is the id")
                                  .message));
  }
  return std::move(lookup.bodies);
}

// What the links are between. Without a broker that has them, the graph is drawn of ids. The one
// error is kInterrupted.
Result<std::vector<std::string>> find_bodies(const TraceOptions& options, const Settings& settings,
                                             LinkSource& source, const Uuid& start,
                                             const Graph& graph) {
  std::vector<Uuid> ids;
  ids.reserve(graph.events.size());
  for (const auto& event : graph.events) ids.push_back(event.id);
  if (source.broker() != nullptr) {
    auto bodies = source.broker()->bodies(ids);
    if (bodies || bodies.error().code == ErrorCode::kInterrupted) return bodies;
    // The same broker that has the links.
    if (!source.is_redis()) {
      print_warning(fmt::format("the events themselves are not there: {}", bodies.error().message));
      return std::vector<std::string>();
    }
  }
  return find_over_amqp(options, settings, std::move(ids), beginning_of(Trace(start, graph, {})));
}

// Whether there are links of the event itself, also those that the limits or the direction leave
// out.
Result<bool> is_linked(LinkSource& source, Runner& runner, const Uuid& event, const Graph& graph) {
  if (graph.known() || graph.depth_limited || graph.size_limited) return true;
  const auto near = runner.run(source.store().neighbours(event), source.deadline());
  if (!near) return fail(source.explain(near.error()));
  return near->known();
}

// "" where the broker has recorded all events.
std::string backlog(LinkSource& source) {
  const std::uint64_t behind = source.broker() == nullptr ? 0 : source.broker()->behind();
  if (behind == 0) return "";
  return fmt::format("the bus is busy: {} of its events are not recorded yet; ask again later",
                     behind);
}

void print_remarks(const Trace& trace, const TraceOptions& options, LinkSource& source) {
  const Graph& graph = trace.graph();
  const auto limits = options.limits();
  if (graph.depth_limited) {
    print_notice(fmt::format("bb: cut at {} links from the event: there is more (--depth)",
                             limits.depth_max));
  }
  if (graph.size_limited) {
    print_notice(fmt::format("bb: cut at {} events: there is more (--events)", limits.events_max));
  }
  for (const auto& cycle : graph.cycles) {
    std::string names;
    for (const auto place : cycle) {
      if (!names.empty()) names += ", ";
      names += escape_controls(trace.name(place));
      // Of one that is not known, the name is the id.
      if (trace.envelope(place) != nullptr) names += " " + short_id(trace.id(place));
    }
    const std::string_view what =
        cycle.size() == 1 ? "is said to have caused itself" : "are said to have caused one another";
    print_warning(fmt::format("a cycle: {} {}", names, what));
  }
  if (trace.unknown_events() > 0 && trace.unknown_events() < trace.size()) {
    print_notice(fmt::format("bb: {} of {} events are not in the history: of these there is the id",
                             trace.unknown_events(), trace.size()));
  }
  const std::string busy = backlog(source);
  if (!busy.empty() && (!source.is_redis() || trace.unknown_events() > 0)) print_warning(busy);
}

std::string render(const Trace& trace, const TraceOptions& options) {
  TraceTextOptions text;
  text.terminal = inspect_terminal(STDOUT_FILENO);
  text.payloads = options.payloads;
  text.full_ids = options.ids;
  switch (options.format) {
    case TraceFormat::kDot:
      return render_dot(trace);
    case TraceFormat::kMermaid:
      return render_mermaid(trace);
    case TraceFormat::kText:
      return options.timeline ? render_timeline(trace, text) : render_tree(trace, text);
    case TraceFormat::kJson:
      break;
  }
  std::size_t place = 0;
  return correlation::write_graph_json(
             trace.start(), options.direction(), trace.graph(),
             // Asked once for each event, in the order of the graph.
             [&](const Uuid&) -> std::string_view {
               const auto event = static_cast<Trace::Place>(place++);
               return trace.envelope(event) == nullptr ? std::string_view() : trace.body(event);
             }) +
         "\n";
}

Result<void> check_options(const TraceOptions& options) {
  if (options.format == TraceFormat::kText) return {};
  if (options.timeline || options.payloads || options.ids) {
    return fail(ErrorCode::kUsage,
                "--timeline, --payload and --ids are for text: -o json has all of it");
  }
  return {};
}

int run_trace(const TraceOptions& options) {
  if (const auto checked = check_options(options); !checked) return report(checked.error());
  Runner runner;
  runner.catch_signals();
  const Settings settings = Settings::load();
  auto source = LinkSource::open(runner.context().get_executor(), settings, options.links,
                                 options.management);
  if (!source) return report(source.error());
  auto graph =
      runner.run(source->store().walk(*options.event, options.direction(), options.limits()),
                 source->deadline());
  if (!graph) return report(source->explain(graph.error()));
  const auto linked = is_linked(*source, runner, *options.event, *graph);
  if (!linked) return report(linked.error());
  auto bodies = find_bodies(options, settings, *source, *options.event, *graph);
  if (!bodies) return report(bodies.error());
  const Trace trace(*options.event, *std::move(graph), *std::move(bodies));
  if (!*linked && trace.unknown_events() > 0) {
    const std::string busy = backlog(*source);
    return report({ErrorCode::kNotFound,
                   fmt::format("nothing is known of {}: no event caused it, it caused none, and it "
                               "is not in the history{}{}{}",
                               options.event->to_string(),
                               source->is_redis() ? " (links are looked for in Redis)" : "",
                               busy.empty() ? "" : "; ", busy)});
  }
  const int exit_code = print_result(render(trace, options));
  print_remarks(trace, options, *source);
  return exit_code;
}

void add_options(Command& command, const std::shared_ptr<TraceOptions>& options) {
  command.options = {
      event_argument("EVENT_ID", options->event, "The event"),
      flag("--up", options->up, "What led to it, and no more"),
      flag("--down", options->down,
           "What came of it, and no more; with --up, both, without what "
           "else came of its causes"),
      number_option("--depth", 0, kDepthMax, options->depth,
                    "Go no further than so many links from it (default 100)"),
      number_option("--events", 1, kEventsMax, options->events,
                    "Draw no more events than so many (default 10000)"),
      choice_option(
          "-o,--output", {"text", "json", "dot", "mermaid"},
          [options](const std::string& name) {
            options->format = name == "json"      ? TraceFormat::kJson
                              : name == "dot"     ? TraceFormat::kDot
                              : name == "mermaid" ? TraceFormat::kMermaid
                                                  : TraceFormat::kText;
          },
          "For people (text, the default), or for programs: json, Graphviz (dot), Mermaid"),
      flag("--timeline", options->timeline, "Bars on a time axis: how long each step took"),
      flag("--payload", options->payloads, "The whole payload of each event below it"),
      flag("--ids", options->ids, "Whole ids in place of their ends"),
      link_place_option(options->links),
  };
  add_connection_options(command, options->management);
  command.options.push_back(url_option(options->url));
  command.options.push_back(exchange_option(options->exchange));
}

constexpr std::string_view kDescription =
    "Draws what led to an event and what came of it, as a tree: each event with its type, when it "
    "happened and how long after its cause, the program that emitted it, the end of its id, and "
    "what it says. The event asked for has a *. An event with several causes stands below the "
    "first of them, with what it caused in turn; below the others it is '(above)'.\n"
    "\n"
    "What caused what is in Redis where REDIS_HOST is set, else `bb serve` keeps it from the "
    "events that it gets. The events themselves are looked up in the history of the broker; of "
    "one that is not there only the id is known. docs/correlation.md has more.\n"
    "\n"
    "Exit codes: 0 drawn, 1 nothing is known of the event, 4 wrong credentials, 7 Redis or the "
    "broker does not answer.";

}  // namespace

Command trace_command() {
  const auto options = std::make_shared<TraceOptions>();
  Command command;
  command.name = "trace";
  command.aliases = {"query-correlation"};
  command.summary = "Draw what led to an event and what came of it";
  command.description = kDescription;
  command.examples =
      "  id=$(bb publish llm.prompt --mock)\n"
      "  bb publish llm.response --mock -c \"$id\"\n"
      "  bb trace \"$id\"\n"
      "  bb trace \"$id\" --timeline\n"
      "  bb trace \"$id\" -o mermaid\n";
  add_options(command, options);
  command.run = [options] { return run_trace(*options); };
  return command;
}

}  // namespace bb::cli
