// Connections, and what lives on them: channels and consumers.
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

struct CloseOptions {
  ManagementOptions management;
  std::string name;
};

Result<void> run_close(const CloseOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object connection,
                fetch_record(connection_resource(), session, options.name));
  std::string what = fmt::format("the connection {}", quoted_name(options.name));
  if (const std::string user = text_at(connection, "user"); !user.empty()) {
    what += fmt::format(" of {}", quoted_name(user));
  }
  BB_TRY(confirm(fmt::format("Close {}?", what), options.management.yes));
  BB_TRY(session.client.change("DELETE", api_path({"connections", options.name})));
  print_done(fmt::format("closed {}", what));
  return {};
}

Command close_command() {
  const auto options = std::make_shared<CloseOptions>();
  Command command;
  command.name = "close";
  command.summary = "Close a connection";
  command.description =
      "Has the broker close a client's connection, after asking. What the client has not "
      "acknowledged goes back to its queues; most clients connect again.";
  command.examples = "  bb connections close '127.0.0.1:53422 -> 127.0.0.1:5672' --yes\n";
  command.options.push_back(
      required_argument("NAME", options->name, "The connection, as 'list' shows it"));
  command.options.push_back(yes_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_close(*options)); };
  return command;
}

}  // namespace

Command connections_command() {
  const Resource resource = connection_resource();
  Command group = command_group(
      "connections", "List, show and close the connections of clients",
      "Connections of clients to the broker, by its management API. A new one can take RabbitMQ "
      "five seconds to tell of.",
      {resource_list_command(resource, "Lists connections: whose, since when, with which client.",
                             "  bb connections\n"
                             "  bb connections list --user guest -o ndjson\n"),
       resource_show_command(resource, "Shows all that the broker tells about one connection.",
                             "  bb connections show '127.0.0.1:53422 -> 127.0.0.1:5672'\n"),
       close_command()});
  group.default_subcommand = "list";
  return group;
}

Command channels_command() {
  const Resource resource = channel_resource();
  Command group = command_group(
      "channels", "List and show the channels of connections",
      "Channels of the connections to the broker, by its management API.",
      {resource_list_command(
           resource,
           "Lists channels: their consumers, what they have not acknowledged, what the broker has "
           "not confirmed to them, and their prefetch.",
           "  bb channels\n"
           "  bb channels list --vhost / -o json\n"),
       resource_show_command(resource, "Shows all that the broker tells about one channel.",
                             "  bb channels show '127.0.0.1:53422 -> 127.0.0.1:5672 (1)'\n")});
  group.default_subcommand = "list";
  return group;
}

Command consumers_command() {
  const Resource resource = consumer_resource();
  Command list = resource_list_command(resource,
                                       "Lists consumers: the queue they take from, the channel "
                                       "they are on, and how much they take at a time.",
                                       "  bb consumers\n"
                                       "  bb consumers list --queue orders -o json\n");
  Command show =
      resource_show_command(resource, "Shows all that the broker tells about consumers of one tag.",
                            "  bb consumers show ctag1.0\n");
  show.options.front().help = "The consumer's tag, as 'list' shows it";
  Command group = command_group("consumers", "List and show who consumes from queues",
                                "Consumers of queues, by the broker's management API.",
                                {std::move(list), std::move(show)});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
