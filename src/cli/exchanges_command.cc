#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/json_value.h"
#include "cli/management_arguments.h"
#include "cli/resource.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

struct ExchangeOptions {
  ManagementOptions management;
  std::string name;
  std::optional<std::string> type;
  bool transient = false;
  bool auto_delete = false;
  bool internal = false;
  std::vector<DeclarationArgument> arguments;
  bool if_unused = false;
};

Result<void> run_declare(const ExchangeOptions& options) {
  BB_TRY_ASSIGN(const json::object arguments, arguments_object(options.arguments));
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  const json::object body{{"type", options.type.value_or("topic")},
                          {"durable", !options.transient},
                          {"auto_delete", options.auto_delete},
                          {"internal", options.internal},
                          {"arguments", arguments}};
  auto status =
      session.client.change("PUT", api_path({"exchanges", session.vhost, options.name}), body);
  if (!status) return fail(explain_vhost(std::move(status).error(), session));
  print_done(fmt::format("the exchange {} {}", quoted_name(options.name),
                         *status == 201 ? "is made" : "was there already"));
  return {};
}

Result<void> run_delete(const ExchangeOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object exchange,
                fetch_record(exchange_resource(), session, options.name));
  const std::string name = quoted_name(text_at(exchange, "name"));
  BB_TRY(confirm(fmt::format("Delete the exchange {} and its bindings?", name),
                 options.management.yes));
  std::string path = api_path({"exchanges", session.vhost, options.name});
  if (options.if_unused) path += "?if-unused=true";
  BB_TRY(session.client.change("DELETE", path));
  print_done(fmt::format("deleted the exchange {}", name));
  return {};
}

Command declare_command() {
  const auto options = std::make_shared<ExchangeOptions>();
  Command command;
  command.name = "declare";
  command.summary = "Make an exchange";
  command.description =
      "Makes an exchange, or finds that it is there as it is described; one that is there and "
      "differs is an error.";
  command.examples =
      "  bb exchanges declare orders\n"
      "  bb exchanges declare orders.all --type fanout --auto-delete\n"
      "  bb exchanges declare orders.in --argument alternate-exchange=orders.all\n";
  command.options.push_back(required_argument("NAME", options->name, "The exchange"));
  command.options.push_back(text_option(
      "--type", "TYPE", options->type,
      "topic (the default), direct, fanout, headers, or one that a plugin of the broker has"));
  command.options.push_back(
      flag("--transient", options->transient, "It does not outlive a restart of the broker"));
  command.options.push_back(
      flag("--auto-delete", options->auto_delete, "It goes when its last binding does"));
  command.options.push_back(flag("--internal", options->internal,
                                 "Only other exchanges give it messages, no publishers"));
  command.options.push_back(arguments_option(options->arguments));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_declare(*options)); };
  return command;
}

Command delete_command() {
  const auto options = std::make_shared<ExchangeOptions>();
  Command command;
  command.name = "delete";
  command.summary = "Delete an exchange and its bindings";
  command.description = "Deletes an exchange and its bindings, after asking.";
  command.examples = "  bb exchanges delete orders --if-unused --yes\n";
  command.options.push_back(required_argument("NAME", options->name, "The exchange"));
  command.options.push_back(
      flag("--if-unused", options->if_unused, "Only if nothing is bound to it"));
  command.options.push_back(yes_option(options->management));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_delete(*options)); };
  return command;
}

}  // namespace

Command exchanges_command() {
  const Resource resource = exchange_resource();
  Command group = command_group(
      "exchanges", "List, show, make and delete exchanges",
      "Exchanges of the broker, by its management API.",
      {resource_list_command(resource,
                             "Lists exchanges with their type and what is special about them.",
                             "  bb exchanges\n"
                             "  bb exchanges list --name 'amq.*' -o ndjson\n"),
       resource_show_command(resource, "Shows all that the broker tells about one exchange.",
                             "  bb exchanges show bloodbank.events.v1\n"),
       declare_command(), delete_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
