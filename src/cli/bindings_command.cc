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

struct BindingOptions {
  ManagementOptions management;
  std::string source;
  std::string destination;
  std::optional<std::string> key;
  bool to_exchange = false;
  bool all = false;
  std::vector<DeclarationArgument> arguments;
};

// "/api/bindings/%2F/e/orders/q/mine"
std::string path_of(const BindingOptions& options, const std::string& vhost) {
  return api_path({"bindings", vhost, "e", options.source, options.to_exchange ? "e" : "q",
                   options.destination});
}

std::string describe(const BindingOptions& options, std::string_view key) {
  return fmt::format("the binding of the {} {} to {} by {}",
                     options.to_exchange ? "exchange" : "queue", quoted_name(options.destination),
                     quoted_name(options.source), quoted_name(key));
}

// Which of the two ends is missing: brokers do not say.
Error explain_ends(Error error, ManagementSession& session, const BindingOptions& options) {
  if (error.code != ErrorCode::kNotFound) return error;
  auto source = fetch_record(exchange_resource(), session, options.source);
  if (!source) return std::move(source).error();
  auto destination = fetch_record(options.to_exchange ? exchange_resource() : queue_resource(),
                                  session, options.destination);
  if (!destination) return std::move(destination).error();
  return error;
}

Result<void> run_declare(const BindingOptions& options) {
  BB_TRY_ASSIGN(const json::object arguments, arguments_object(options.arguments));
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  const std::string key = options.key.value_or("");
  const json::object body{{"routing_key", key}, {"arguments", arguments}};
  auto status = session.client.change("POST", path_of(options, session.vhost), body);
  if (!status) return fail(explain_ends(std::move(status).error(), session, options));
  print_done(fmt::format("{} is there", describe(options, key)));
  return {};
}

Result<void> run_delete(const BindingOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  auto list = session.client.get(path_of(options, session.vhost));
  if (!list) return fail(explain_ends(std::move(list).error(), session, options));
  std::vector<json::object> found;
  std::vector<std::string> keys;
  if (list->is_array()) {
    for (const json::value& each : list->get_array()) {
      if (!each.is_object()) continue;
      const std::string key = text_at(each.get_object(), "routing_key");
      keys.push_back(key);
      if (!options.key || key == *options.key) found.push_back(each.get_object());
    }
  }
  if (found.empty()) {
    // An end that is missing has no bindings either.
    const Error none{ErrorCode::kNotFound, ""};
    const Error ends = explain_ends(none, session, options);
    if (ends != none) return fail(ends);
    if (!options.key || keys.empty()) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("nothing binds {} to {}", quoted_name(options.destination),
                              quoted_name(options.source)));
    }
    return no_such("binding of these two with the routing key", *options.key, std::move(keys));
  }
  if (found.size() > 1 && !options.all) {
    return fail(ErrorCode::kUsage,
                fmt::format("there are {}: name one with --key, or take them all with --all",
                            count_of(std::ssize(found), "such binding")));
  }
  const std::string what =
      found.size() == 1
          ? describe(options, text_at(found.front(), "routing_key"))
          : fmt::format("{} of {} to {}", count_of(std::ssize(found), "binding"),
                        quoted_name(options.destination), quoted_name(options.source));
  BB_TRY(confirm(fmt::format("Delete {}?", what), options.management.yes));
  for (const json::object& binding : found) {
    // The broker's own name for it, percent-encoded by the broker as far as it means to.
    const std::string properties = text_at(binding, "properties_key");
    BB_TRY(session.client.change(
        "DELETE", path_of(options, session.vhost) + "/" + client::encode_path_segment(properties)));
  }
  print_done(fmt::format("deleted {}", what));
  return {};
}

// What the two commands have.
Command ends_command(const std::shared_ptr<BindingOptions>& options) {
  Command command;
  command.options.push_back(
      required_argument("SOURCE", options->source, "The exchange that messages come from"));
  command.options.push_back(
      required_argument("DESTINATION", options->destination, "The queue that gets them"));
  command.options.push_back(text_option("--key", "ROUTING_KEY", options->key,
                                        "The routing key, or the pattern of a topic exchange"));
  command.options.push_back(
      flag("--to-exchange", options->to_exchange, "DESTINATION is an exchange"));
  command.options.push_back(vhost_option(options->management));
  return command;
}

Command declare_command() {
  const auto options = std::make_shared<BindingOptions>();
  Command command = ends_command(options);
  command.name = "declare";
  command.summary = "Bind a queue or an exchange to an exchange";
  command.description =
      "Binds a queue, or with --to-exchange an exchange, to an exchange. Without --key the routing "
      "key is empty, which is what fanout and headers exchanges want.";
  command.examples =
      "  bb bindings declare bloodbank.events.v1 orders --key 'order.#'\n"
      "  bb bindings declare orders orders.all --to-exchange --key '#'\n";
  command.options.push_back(arguments_option(options->arguments));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_declare(*options)); };
  return command;
}

Command delete_command() {
  const auto options = std::make_shared<BindingOptions>();
  Command command = ends_command(options);
  command.name = "delete";
  command.summary = "Undo a binding";
  command.description =
      "Deletes the binding of two ends by a routing key, after asking. Without --key it is the "
      "only one there is, or with --all every one.";
  command.examples =
      "  bb bindings delete bloodbank.events.v1 orders --key 'order.#' --yes\n"
      "  bb bindings delete bloodbank.events.v1 orders --all\n";
  command.options.push_back(flag("--all", options->all, "All bindings of the two ends that match"));
  command.options.push_back(yes_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_delete(*options)); };
  return command;
}

}  // namespace

Command bindings_command() {
  const Resource resource = binding_resource();
  Command list = resource_list_command(
      resource,
      "Lists bindings: which queues and exchanges get what from which exchange. Every queue is "
      "bound to the default exchange by its own name. --name looks at both ends.",
      "  bb bindings\n"
      "  bb bindings list --source bloodbank.events.v1\n"
      "  bb bindings list --destination orders -o json\n");
  Command show =
      resource_show_command(resource, "Shows the bindings from and to one queue or exchange.",
                            "  bb bindings show orders\n");
  show.summary = "Show the bindings of one queue or exchange";
  show.options.front().help = "The queue or exchange at either end";
  Command group =
      command_group("bindings", "List, show, make and delete bindings",
                    "Bindings of the broker, by its management API.",
                    {std::move(list), std::move(show), declare_command(), delete_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
