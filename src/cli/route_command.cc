#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <utility>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/broker_topology.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/event_route.h"
#include "cli/history_range.h"
#include "cli/management_options.h"
#include "cli/record_text.h"
#include "cli/resource.h"
#include "cli/settings.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

struct Options {
  ManagementOptions management;
  std::string event_type;
  std::optional<std::string> exchange;
};

// "llm.#", or "llm.# to the exchange 'audit', then #"; what no binding leads to is told in words.
std::string way_text(const std::vector<RouteStep>& way) {
  std::string text;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const RouteStep& step = way[i];
    if (i > 0) text += fmt::format(" to the exchange {}, then ", exchange_name(step.exchange));
    if (step.binding == nullptr) {
      text += step.exchange.empty() ? "its name" : "nothing, so the alternate";
    } else if (!step.binding->key.empty()) {
      text += step.binding->key;
    } else {
      text += step.binding->arguments.empty() ? "all" : step.binding->arguments;
    }
  }
  return text;
}

json::object route_json(const QueueRoute& route, const std::string& exchange) {
  json::array ways;
  for (const std::vector<RouteStep>& way : route.ways) {
    json::array steps;
    for (const RouteStep& step : way) {
      json::object one{{"exchange", step.exchange}};
      one["pattern"] =
          step.binding == nullptr ? json::value(nullptr) : json::value(step.binding->key);
      if (step.binding != nullptr && !step.binding->arguments.empty()) {
        one["arguments"] = step.binding->arguments;
      }
      steps.push_back(std::move(one));
    }
    ways.push_back(std::move(steps));
  }
  const std::string service = service_of(route.queue_name, exchange);
  json::object record{{"queue", route.queue_name}};
  record["service"] = service.empty() ? json::value(nullptr) : json::value(service);
  record["consumers"] = route.queue == nullptr ? 0 : route.queue->consumers;
  record["messages"] = route.queue == nullptr ? 0 : route.queue->messages;
  record["ways"] = std::move(ways);
  return record;
}

std::string render(const std::vector<QueueRoute>& routes, const std::string& exchange,
                   OutputFormat format) {
  if (format != OutputFormat::kText) {
    json::array records;
    for (const QueueRoute& route : routes) records.push_back(route_json(route, exchange));
    return render_records(records, format);
  }
  Table table;
  table.columns = {{"QUEUE"}, {"SERVICE"}, {"BY"}, {"CONSUMERS", true}, {"MESSAGES", true}};
  for (const QueueRoute& route : routes) {
    std::vector<std::string> ways;
    for (const auto& way : route.ways) ways.push_back(way_text(way));
    const TopologyQueue none;
    const TopologyQueue& queue = route.queue == nullptr ? none : *route.queue;
    table.rows.push_back({route.queue_name, service_of(route.queue_name, exchange),
                          fmt::format("{}", fmt::join(ways, "; ")), std::to_string(queue.consumers),
                          std::to_string(queue.messages)});
  }
  return render_table(table, inspect_terminal(STDOUT_FILENO).colour);
}

Error no_route(const Options& options, const BrokerTopology& topology,
               const std::string& exchange) {
  std::string message = fmt::format("no queue would get {} from the exchange {}",
                                    quoted_name(options.event_type), quoted_name(exchange));
  const auto near = client::find_near_bindings(topology.bindings, exchange, options.event_type);
  if (!near.empty())
    message += fmt::format("; it nearly matches {}", client::near_bindings_text(near));
  if (topology.find_queue(history_queue(exchange)) != nullptr) {
    message += fmt::format("; the history {} would keep it", quoted_name(history_queue(exchange)));
  }
  return {ErrorCode::kNoRoute, std::move(message)};
}

Result<void> run_route(const Options& options) {
  if (!is_event_type(options.event_type)) {
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' is not an event type: it is two or more words of a-z, 0-9, - and "
                            "_ with dots between them, such as transcription.voice.completed",
                            shorten(escape_controls(options.event_type), 80)));
  }
  BB_TRY_ASSIGN(const Setting exchange, Settings::load().exchange(options.exchange));
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const BrokerTopology topology, fetch_topology(session));
  if (topology.find_exchange(exchange.value) == nullptr) {
    std::vector<std::string> names;
    for (const TopologyExchange& each : topology.exchanges) names.push_back(each.name);
    return no_such("exchange", exchange.value, std::move(names));
  }
  const auto routes = find_routes(topology, exchange.value, options.event_type);
  if (routes.empty()) {
    if (options.management.format != OutputFormat::kText) {
      BB_TRY(write_all(STDOUT_FILENO, render(routes, exchange.value, options.management.format)));
    }
    return fail(no_route(options, topology, exchange.value));
  }
  BB_TRY(write_all(STDOUT_FILENO, render(routes, exchange.value, options.management.format)));
  return {};
}

}  // namespace

Command route_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "route";
  command.summary = "Show which queues and services would get an event";
  command.description =
      "Shows the queues that an event of this type would go to as the broker is now, the services "
      "that they belong to, and by which binding, without publishing anything. Where no queue "
      "would get it, it names the bindings that nearly match.\n"
      "\n"
      "Exit codes: 0 a queue would get it, 6 none would, 7 the management API is not there.";
  command.examples =
      "  bb route llm.prompt\n"
      "  bb route llm.prompt -o json | jq -r '.[].queue'\n";
  OptionSpec event_type =
      required_argument("EVENT_TYPE", options->event_type, "The type of the event");
  event_type.kind = ValueKind::kEventType;
  command.options.push_back(std::move(event_type));
  command.options.push_back(exchange_option(options->exchange));
  command.options.push_back(vhost_option(options->management));
  command.options.push_back(format_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_route(*options)); };
  return command;
}

}  // namespace bb::cli
