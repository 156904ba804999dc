#include "cli/app.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <string>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/standard_descriptors.h"

namespace bb::cli {
namespace {

int run_arguments(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(all_commands(), arguments);
  if (!parsed) return report(parsed.error());
  if (parsed->version) return version_command().run();
  if (parsed->command == nullptr) {
    if (parsed->help) return print_result(render_overview(all_commands()));
    // A script whose command came out empty must not take that for success.
    (void)write_all(STDERR_FILENO, render_overview(all_commands()));
    return kExitUsage;
  }
  if (parsed->help) return print_result(render_help(*parsed->command));
  if (parsed->command->is_group()) {
    (void)write_all(STDERR_FILENO, render_help(*parsed->command));
    return kExitUsage;
  }
  return parsed->command->run();
}

}  // namespace

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = [] {
    std::vector<Command> list;
    list.push_back(serve_command());
    list.push_back(publish_command());
    list.push_back(spool_command());
    list.push_back(subscribe_command());
    list.push_back(services_command());
    list.push_back(trace_command());
    list.push_back(link_command());
    list.push_back(event_id_command());
    list.push_back(dlq_command());
    list.push_back(validate_command());
    list.push_back(list_events_command());
    list.push_back(list_commands_command());
    list.push_back(show_command());
    list.push_back(schema_command());
    list.push_back(queues_command());
    list.push_back(exchanges_command());
    list.push_back(bindings_command());
    list.push_back(route_command());
    list.push_back(topology_command());
    list.push_back(connections_command());
    list.push_back(channels_command());
    list.push_back(consumers_command());
    list.push_back(user_command());
    list.push_back(vhost_command());
    list.push_back(definitions_command());
    list.push_back(doctor_command());
    list.push_back(demo_command());
    list.push_back(completion_command(all_commands));
    list.push_back(help_command(all_commands));
    list.push_back(version_command());
    list.push_back(complete_command());
    return list;
  }();
  return commands;
}

int run(int argc, const char* const* argv) {
  if (!hold_standard_descriptors()) {
    print_error(std::string("cannot open /dev/null: ") + std::strerror(errno));
    return kExitFailure;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run_arguments({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& exception) {
    print_error(exception.what());
    return kExitFailure;
  }
}

}  // namespace bb::cli
