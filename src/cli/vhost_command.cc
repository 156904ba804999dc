#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/json_value.h"
#include "cli/resource.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

struct VhostOptions {
  ManagementOptions management;
  std::string name;
  std::optional<std::string> description;
};

Result<void> run_add(const VhostOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  json::object body;
  if (options.description) body["description"] = *options.description;
  BB_TRY_ASSIGN(const unsigned status,
                session.client.change("PUT", api_path({"vhosts", options.name}), body));
  print_done(fmt::format(
      "the vhost {} {}", quoted_name(options.name),
      status == 201 ? "is made; 'bb user permit' lets users into it" : "was there already"));
  return {};
}

Result<void> run_delete(const VhostOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object vhost, fetch_record(vhost_resource(), session, options.name));
  // What a person needs to know before saying yes. It is only there where the user may look.
  session.vhost = options.name;
  const auto queues = fetch_records(queue_resource(), session, false);
  std::string what = fmt::format("the vhost {}", quoted_name(options.name));
  if (queues && !queues->empty()) {
    what += fmt::format(" with {} and {}", count_of(std::ssize(*queues), "queue"),
                        count_of(number_at(vhost, "messages"), "message"));
  }
  BB_TRY(confirm(fmt::format("Delete {}, all that is in it and its permissions?", what),
                 options.management.yes));
  BB_TRY(session.client.change("DELETE", api_path({"vhosts", options.name})));
  print_done(fmt::format("deleted {}", what));
  return {};
}

Command add_command() {
  const auto options = std::make_shared<VhostOptions>();
  Command command;
  command.name = "add";
  command.summary = "Make a virtual host";
  command.description =
      "Makes a virtual host, or finds that it is there. Whoever makes it may do everything in it.";
  command.examples =
      "  bb vhost add prod\n"
      "  bb vhost add staging --description 'What comes after'\n";
  command.options.push_back(required_argument("NAME", options->name, "The virtual host"));
  command.options.push_back(
      text_option("--description", "TEXT", options->description, "What it is for"));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_add(*options)); };
  return command;
}

Command delete_command() {
  const auto options = std::make_shared<VhostOptions>();
  Command command;
  command.name = "delete";
  command.summary = "Delete a virtual host and all that is in it";
  command.description =
      "Deletes a virtual host with its queues, messages, exchanges and permissions, after asking; "
      "its connections are closed.";
  command.examples = "  bb vhost delete staging --yes\n";
  command.options.push_back(required_argument("NAME", options->name, "The virtual host"));
  command.options.push_back(yes_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_delete(*options)); };
  return command;
}

}  // namespace

Command vhost_command() {
  const Resource resource = vhost_resource();
  Command group = command_group(
      "vhost", "Virtual hosts: make, delete, list",
      "Virtual hosts of the broker, by its management API: each has its own exchanges, queues and "
      "permissions.",
      {resource_list_command(resource, "Lists virtual hosts with the messages in them.",
                             "  bb vhost list\n"
                             "  bb vhost list -o json\n"),
       resource_show_command(resource, "Shows all that the broker tells about one virtual host.",
                             "  bb vhost show /\n"),
       add_command(), delete_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
