#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "base/try.h"
#include "cli/commands.h"
#include "cli/management_options.h"
#include "cli/resource.h"
#include "cli/schema_settings.h"
#include "cli/settings.h"
#include "cli/topology_view.h"

namespace bb::cli {
namespace {

enum class Format { kText, kDot, kMermaid, kJson };

struct Options {
  ManagementOptions management;
  std::optional<std::string> exchange;
  std::optional<std::string> schemas;
  std::optional<std::chrono::milliseconds> interval;
  Format format = Format::kText;
};

// Of the schemas that are in use, and of those that every Bloodbank has.
Result<std::vector<std::string>> known_event_types(const Options& options,
                                                   const Settings& settings) {
  BB_TRY_ASSIGN(auto repository, open_repository(settings, options.schemas));
  schema::RepositoryOptions builtin;
  builtin.working_folder = "/dev/null";  // has no folder of schemas beside it
  BB_TRY_ASSIGN(auto catalogue, schema::SchemaRepository::open(std::move(builtin)));
  std::vector<std::string> types;
  for (auto* const each : {&repository, &catalogue}) {
    for (const schema::EventSchemaInfo& info : each->list()) types.push_back(info.event_type);
  }
  std::ranges::sort(types);
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

std::string render(const TopologyView& view, Format format) {
  switch (format) {
    case Format::kText:
      return topology_text(view);
    case Format::kDot:
      return topology_dot(view);
    case Format::kMermaid:
      return topology_mermaid(view);
    case Format::kJson:
      return topology_json(view);
  }
  return "";
}

Result<void> run_topology(const Options& options) {
  const Settings settings = Settings::load();
  BB_TRY_ASSIGN(const Setting exchange, settings.exchange(options.exchange));
  BB_TRY_ASSIGN(const auto event_types, known_event_types(options, settings));
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(BrokerTopology topology, fetch_topology(session));
  std::vector<TopologyQueue> earlier;
  if (options.interval) {
    std::this_thread::sleep_for(*options.interval);
    earlier = std::move(topology.queues);
    BB_TRY_ASSIGN(topology, fetch_topology(session));
  }
  // That of the settings need not be there yet.
  if (options.exchange && topology.find_exchange(exchange.value) == nullptr) {
    return fail(ErrorCode::kNotFound,
                fmt::format("the vhost {} has no exchange {} ('bb exchanges' shows those that it "
                            "has)",
                            quoted_name(session.vhost), quoted_name(exchange.value)));
  }
  TopologyView view = make_topology_view(topology, exchange.value);
  view.warnings = warn_of_orphans(view, earlier);
  for (TopologyWarning& warning : warn_of_patterns(topology, exchange.value, event_types)) {
    view.warnings.push_back(std::move(warning));
  }
  BB_TRY(write_all(STDOUT_FILENO, render(view, options.format)));
  if (options.format == Format::kJson) return {};
  if (view.exchanges.empty() && view.queues.empty()) {
    print_done(fmt::format("the vhost {} has no exchanges and no queues of its own",
                           quoted_name(session.vhost)));
  }
  for (const TopologyWarning& warning : view.warnings) print_warning(warning.text);
  return {};
}

}  // namespace

Command topology_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "topology";
  command.summary = "Show exchanges, bindings, queues and services as a tree";
  command.description =
      "Shows what the virtual host has: each exchange, the patterns by which queues are bound to "
      "it, the queues, and the services that they belong to. What a service has beside its queue "
      "(events that wait for their next attempt, dead letters) is counted there. The broker's own "
      "exchanges are left out while nothing is bound to them.\n"
      "\n"
      "It warns of queues that hold messages and have no consumers, and of patterns at the events "
      "exchange that match no event type with a schema: by these nothing known will ever come. "
      "RabbitMQ counts its messages every five seconds.";
  command.examples =
      "  bb topology\n"
      "  bb topology --interval 10s\n"
      "  bb topology -o dot | dot -Tsvg > topology.svg\n"
      "  bb topology -o json | jq -r '.warnings[].text'\n";
  command.options = {
      choice_option(
          "-o,--output", {"text", "dot", "mermaid", "json"},
          [options](const std::string& name) {
            options->format = name == "dot"       ? Format::kDot
                              : name == "mermaid" ? Format::kMermaid
                              : name == "json"    ? Format::kJson
                                                  : Format::kText;
          },
          "A tree (text, the default), a graph for Graphviz (dot) or Mermaid, or all of it as one "
          "JSON value"),
      duration_option("--interval", options->interval,
                      "Look twice, so long apart, and tell which of the queues without consumers "
                      "grow"),
      exchange_option(options->exchange),
      schemas_option(options->schemas),
      vhost_option(options->management),
  };
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_topology(*options)); };
  return command;
}

}  // namespace bb::cli
