#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/glob.h"
#include "cli/management_options.h"
#include "cli/record_text.h"
#include "cli/runner.h"
#include "cli/service_listing.h"
#include "cli/service_registry.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

namespace json = boost::json;
using registry::Service;
using std::chrono::milliseconds;

constexpr milliseconds kHealthTime{2000};
constexpr milliseconds kRegistryTime{30'000};

struct ServicesOptions {
  ManagementOptions management;
  std::optional<std::string> exchange;
  std::string name;
  std::optional<std::string> glob;
  std::string state;
  bool all_vhosts = false;
  bool no_health = false;
  std::optional<milliseconds> health_time;
};

// The registry, and the broker's management API for what it tells of queues.
struct Place {
  RegistryPlace registry;
  ManagementSession session;
  std::string exchange;
  milliseconds timeout;
};

Result<Place> open_place(const ServicesOptions& options) {
  const Settings settings = Settings::load();
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(RegistryPlace registry,
                registry_place(settings, options.management.http_url, std::nullopt));
  BB_TRY_ASSIGN(Setting exchange, settings.exchange(options.exchange));
  return Place{std::move(registry), std::move(session), std::move(exchange.value),
               options.management.timeout.value_or(kRegistryTime)};
}

// An error of the registry, with what to do.
Error explain(Error error, const Place& place) {
  if (error.code != ErrorCode::kNotFound && error.code != ErrorCode::kResourceError) {
    error.message += fmt::format("; {}", place.registry.advice);
  }
  return error;
}

Result<std::vector<Service>> fetch_services(const Place& place) {
  // One for each call: after a timeout a Runner is of no more use.
  Runner runner;
  const auto registry = place.registry.open(runner.context().get_executor());
  auto list = runner.run(registry->list(), Deadline::in(place.timeout));
  if (!list) return fail(explain(std::move(list).error(), place));
  return registry::services_of(*std::move(list));
}

// kNotFound, with the nearest name.
Result<Service> fetch_service(const Place& place, const std::string& name) {
  BB_TRY_ASSIGN(std::vector<Service> services, fetch_services(place));
  std::vector<std::string> names;
  for (Service& each : services) {
    if (each.key.vhost != place.session.vhost || each.key.exchange != place.exchange) continue;
    if (each.key.name == name) return std::move(each);
    names.push_back(each.key.name);
  }
  return no_such("service", name, std::move(names));
}

// What the broker tells of the services' queues. A broker that does not answer costs the figures,
// with one warning, and not the list.
void add_figures(Place& place, std::vector<ListedService>& services) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t wall_ms = std::chrono::duration_cast<milliseconds>(now).count();
  for (ListedService& each : services) {
    const auto queue = place.session.client.get(
        api_path({"queues", each.service.key.vhost, each.service.latest().queue}));
    if (queue && queue->is_object()) {
      each.queue = figures_of(queue->get_object(), wall_ms);
    } else if (!queue && queue.error().code == ErrorCode::kNotFound) {
      each.queue_missing = true;
    } else {
      print_warning(fmt::format("without the figures of queues: {}",
                                queue ? "the broker's answer is none" : queue.error().message));
      return;
    }
  }
}

Result<std::map<std::string, Health>> ask_health(const std::vector<ListedService>& services,
                                                 const ServicesOptions& options) {
  std::vector<std::string> urls;
  for (const ListedService& each : services) {
    for (const registry::RegisteredInstance& instance : each.service.instances) {
      if (instance.state == registry::ServiceState::kStopped) continue;
      if (!instance.instance.health_url.empty()) urls.push_back(instance.instance.health_url);
    }
  }
  if (urls.empty()) return std::map<std::string, Health>();
  Runner runner;
  return runner.run(poll_health(std::move(urls), options.health_time.value_or(kHealthTime)),
                    Deadline());
}

bool is_wanted(const Service& service, const ServicesOptions& options, const Place& place) {
  if (!options.all_vhosts && service.key.vhost != place.session.vhost) return false;
  if (options.exchange && service.key.exchange != place.exchange) return false;
  if (!options.state.empty() && registry::to_string(service.state) != options.state) return false;
  return !options.glob || matches_glob(*options.glob, service.key.name);
}

Result<void> run_list(const ServicesOptions& options) {
  BB_TRY_ASSIGN(Place place, open_place(options));
  BB_TRY_ASSIGN(std::vector<Service> services, fetch_services(place));
  std::vector<ListedService> listed;
  for (Service& each : services) {
    if (!is_wanted(each, options, place)) continue;
    ListedService one;
    one.service = std::move(each);
    listed.push_back(std::move(one));
  }
  const OutputFormat format = options.management.format;
  if (listed.empty()) {
    print_done(services.empty() ? "no services are registered"
                                : fmt::format("no services like that, of {}", services.size()));
    if (format == OutputFormat::kText) return {};
  }
  add_figures(place, listed);
  std::map<std::string, Health> health;
  if (!options.no_health) {
    BB_TRY_ASSIGN(health, ask_health(listed, options));
    for (ListedService& each : listed) each.health = &health;
  }
  std::string text;
  if (format == OutputFormat::kText) {
    text = render_services(listed, options.all_vhosts, inspect_terminal(STDOUT_FILENO).colour);
  } else {
    json::array records;
    for (const ListedService& each : listed) records.push_back(to_json(each));
    text = render_records(records, format);
  }
  BB_TRY(write_all(STDOUT_FILENO, text));
  return {};
}

Result<void> run_show(const ServicesOptions& options) {
  BB_TRY_ASSIGN(Place place, open_place(options));
  std::vector<ListedService> listed(1);
  BB_TRY_ASSIGN(listed[0].service, fetch_service(place, options.name));
  add_figures(place, listed);
  std::map<std::string, Health> health;
  if (!options.no_health) {
    BB_TRY_ASSIGN(health, ask_health(listed, options));
    listed[0].health = &health;
  }
  const OutputFormat format = options.management.format;
  const std::string text = format == OutputFormat::kText
                               ? render_service(listed[0], inspect_terminal(STDOUT_FILENO).colour)
                               : render_record(to_json(listed[0]), format);
  BB_TRY(write_all(STDOUT_FILENO, text));
  return {};
}

Result<void> run_remove(const ServicesOptions& options) {
  BB_TRY_ASSIGN(Place place, open_place(options));
  BB_TRY_ASSIGN(const Service service, fetch_service(place, options.name));
  const std::string name = quoted_name(options.name);
  std::vector<std::string> running;
  for (const registry::RegisteredInstance& each : service.instances) {
    if (registry::is_running(each.state)) running.push_back(each.instance.id());
  }
  if (!running.empty()) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the service {} runs, and would register again with its next "
                            "heartbeat: stop it first ({})",
                            name, fmt::join(running, ", ")));
  }
  BB_TRY(confirm(fmt::format("Remove the service {}, seen last {} ago?", name,
                             format_duration(std::chrono::floor<std::chrono::seconds>(
                                 service.instances.front().unseen))),
                 options.management.yes));
  Runner runner;
  const auto registry = place.registry.open(runner.context().get_executor());
  auto removed = runner.run(registry->remove(service.key), Deadline::in(place.timeout));
  if (!removed) return fail(explain(std::move(removed).error(), place));
  const std::string queue = quoted_name(service.latest().queue);
  print_done(
      fmt::format("removed the service {}; its queue {} is kept and goes on collecting "
                  "events, until: bb queues delete {}",
                  name, queue, queue));
  return {};
}

void add_health_options(Command& command, ServicesOptions& options) {
  command.options.push_back(flag("--no-health", options.no_health, "Ask no health URL"));
  command.options.push_back(
      duration_option("--health-timeout", options.health_time,
                      "How long to wait for the answer of a health URL (default 2s)"));
}

Command list_command() {
  const auto options = std::make_shared<ServicesOptions>();
  Command command;
  command.name = "list";
  command.summary = "List services and how they are";
  command.description =
      "Lists the services that have registered ('bb subscribe --service'): live, late (a heartbeat "
      "is missing), gone (not heard of for longer than its TTL) or stopped; how many of its "
      "processes run; the messages in its queue, how many it acknowledges a second, for how long "
      "the first that waits has done so, for how long its consumers have had the oldest that is "
      "not acknowledged; and what its health URLs say. What a broker does not tell is '-'.";
  command.examples =
      "  bb services\n"
      "  bb services list --state gone\n"
      "  bb services -o ndjson | jq -r 'select(.lag_ms > 60000).name'\n";
  command.options.push_back(
      text_option("--name", "GLOB", options->glob,
                  "Only those with such a name; '*' stands for any characters, '?' for one"));
  command.options.push_back(choice_option(
      "--state", {"live", "late", "gone", "stopped"},
      [options](const std::string& state) { options->state = state; }, "Only those in this state"));
  command.options.push_back(text_option("--exchange", "NAME", options->exchange,
                                        "Only those of this exchange (default all)"));
  command.options.push_back(vhost_option(options->management));
  command.options.push_back(
      flag("-A,--all-vhosts", options->all_vhosts, "Those of every virtual host"));
  add_health_options(command, *options);
  command.options.push_back(format_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_list(*options)); };
  return command;
}

Command show_command_of_services() {
  const auto options = std::make_shared<ServicesOptions>();
  Command command;
  command.name = "show";
  command.summary = "Show all about one service";
  command.description = "Shows one service, its queue, and each of its processes.";
  command.examples =
      "  bb services show reviewer\n"
      "  bb services show reviewer -o json | jq .instances\n";
  command.options.push_back(required_argument("NAME", options->name, "The service"));
  command.options.push_back(exchange_option(options->exchange));
  command.options.push_back(vhost_option(options->management));
  add_health_options(command, *options);
  command.options.push_back(format_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_show(*options)); };
  return command;
}

Command remove_command() {
  const auto options = std::make_shared<ServicesOptions>();
  Command command;
  command.name = "remove";
  command.summary = "Deregister a service that no longer runs";
  command.description =
      "Forgets a service, after asking. Its queue stays, and so does what is in it: 'bb queues "
      "delete' deletes that. A service that runs is refused, for it would register again.";
  command.examples = "  bb services remove reviewer --yes\n";
  command.options.push_back(required_argument("NAME", options->name, "The service"));
  command.options.push_back(yes_option(options->management));
  command.options.push_back(exchange_option(options->exchange));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_remove(*options)); };
  return command;
}

}  // namespace

Command services_command() {
  Command group = command_group(
      "services", "List, show and remove the services that have registered",
      "Services of 'bb subscribe --service', as the registry tells of them that bb serve keeps, or "
      "Redis where REDIS_HOST is set. "
      "docs/consumers.md, \"Who is running\".",
      {list_command(), show_command_of_services(), remove_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
