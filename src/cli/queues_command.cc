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

struct QueueOptions {
  ManagementOptions management;
  std::string name;
  std::string type;
  bool transient = false;
  bool auto_delete = false;
  std::vector<DeclarationArgument> arguments;
  bool if_empty = false;
  bool if_unused = false;
};

// "the queue 'orders', with 3 messages and 1 consumer".
std::string describe(const json::object& queue) {
  std::string text = fmt::format("the queue {}", quoted_name(text_at(queue, "name")));
  const std::int64_t messages = number_at(queue, "messages");
  const std::int64_t consumers = number_at(queue, "consumers");
  if (messages > 0) text += fmt::format(" with {}", count_of(messages, "message"));
  if (consumers > 0) {
    text += fmt::format(" {} {}", messages > 0 ? "and" : "with", count_of(consumers, "consumer"));
  }
  return text;
}

Result<void> run_declare(const QueueOptions& options) {
  BB_TRY_ASSIGN(json::object arguments, arguments_object(options.arguments));
  if (!options.type.empty() && !arguments.emplace("x-queue-type", options.type).second) {
    return fail(ErrorCode::kUsage, "--type and --argument x-queue-type say the same: give one");
  }
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  const json::object body{{"durable", !options.transient},
                          {"auto_delete", options.auto_delete},
                          {"arguments", arguments}};
  auto status =
      session.client.change("PUT", api_path({"queues", session.vhost, options.name}), body);
  if (!status) return fail(explain_vhost(std::move(status).error(), session));
  print_done(fmt::format("the queue {} {}", quoted_name(options.name),
                         *status == 201 ? "is made" : "was there already"));
  return {};
}

Result<void> run_delete(const QueueOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object queue, fetch_record(queue_resource(), session, options.name));
  const std::string what = describe(queue);
  // Said before anybody is asked; the broker looks again, and its count is the one that holds.
  if (options.if_empty && number_at(queue, "messages") > 0) {
    return fail(ErrorCode::kPreconditionFailed, fmt::format("not deleted: {}", what));
  }
  if (options.if_unused && number_at(queue, "consumers") > 0) {
    return fail(ErrorCode::kPreconditionFailed, fmt::format("not deleted: {}", what));
  }
  BB_TRY(confirm(fmt::format("Delete {}?", what), options.management.yes));
  std::string path = api_path({"queues", session.vhost, options.name});
  if (options.if_empty) path += "?if-empty=true";
  if (options.if_unused) path += options.if_empty ? "&if-unused=true" : "?if-unused=true";
  BB_TRY(session.client.change("DELETE", path));
  print_done(fmt::format("deleted {}", what));
  return {};
}

Result<void> run_purge(const QueueOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object queue, fetch_record(queue_resource(), session, options.name));
  const std::string name = quoted_name(options.name);
  const std::string ready = count_of(number_at(queue, "messages_ready"), "message");
  BB_TRY(confirm(fmt::format("Throw away what waits in the queue {}, {} as of now?", name, ready),
                 options.management.yes));
  BB_TRY(session.client.change("DELETE",
                               api_path({"queues", session.vhost, options.name}) + "/contents"));
  print_done(fmt::format("purged the queue {} of {}, as last counted", name, ready));
  return {};
}

Command declare_command() {
  const auto options = std::make_shared<QueueOptions>();
  Command command;
  command.name = "declare";
  command.summary = "Make a queue";
  command.description =
      "Makes a queue, or finds that it is there as it is described; one that is there and differs "
      "is an error. Without options it is durable and classic.";
  command.examples =
      "  bb queues declare orders\n"
      "  bb queues declare orders.dead --argument x-max-length=1000 --argument "
      "x-overflow=drop-head\n"
      "  bb queues declare scratch --transient --auto-delete\n";
  command.options.push_back(required_argument("NAME", options->name, "The queue"));
  command.options.push_back(choice_option(
      "--type", {"classic", "quorum", "stream"},
      [options](const std::string& type) { options->type = type; }, "The type of queue"));
  command.options.push_back(
      flag("--transient", options->transient, "It does not outlive a restart of the broker"));
  command.options.push_back(
      flag("--auto-delete", options->auto_delete, "It goes when its last consumer does"));
  command.options.push_back(arguments_option(options->arguments));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_declare(*options)); };
  return command;
}

Command delete_command() {
  const auto options = std::make_shared<QueueOptions>();
  Command command;
  command.name = "delete";
  command.summary = "Delete a queue and the messages in it";
  command.description =
      "Deletes a queue and what is in it, after asking; says how many messages and consumers it "
      "had when it was last counted.";
  command.examples =
      "  bb queues delete orders.dead\n"
      "  bb queues delete scratch --if-empty --if-unused --yes\n";
  command.options.push_back(required_argument("NAME", options->name, "The queue"));
  command.options.push_back(
      flag("--if-empty", options->if_empty, "Only if no message waits in it"));
  command.options.push_back(
      flag("--if-unused", options->if_unused, "Only if nobody consumes from it"));
  command.options.push_back(yes_option(options->management));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_delete(*options)); };
  return command;
}

Command purge_command() {
  const auto options = std::make_shared<QueueOptions>();
  Command command;
  command.name = "purge";
  command.summary = "Throw away the messages that wait in a queue";
  command.description =
      "Throws away the messages that wait in a queue, after asking. Those that a consumer has and "
      "has not acknowledged stay.";
  command.examples = "  bb queues purge orders.dead --yes\n";
  command.options.push_back(required_argument("NAME", options->name, "The queue"));
  command.options.push_back(yes_option(options->management));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_purge(*options)); };
  return command;
}

}  // namespace

Command queues_command() {
  const Resource resource = queue_resource();
  Command group = command_group(
      "queues", "List, show, make, purge and delete queues",
      "Queues of the broker, by its management API: that of bb serve, or RabbitMQ's management "
      "plugin. RabbitMQ counts its messages every five seconds.",
      {resource_list_command(
           resource,
           "Lists queues: the messages in them, how many of those are ready and how many are with "
           "consumers and not acknowledged, and the consumers.",
           "  bb queues\n"
           "  bb queues list --name 'orders.*' -o json\n"
           "  bb queues -A -o ndjson | jq -r 'select(.messages > 0).name'\n"),
       resource_show_command(resource, "Shows all that the broker tells about one queue.",
                             "  bb queues show orders\n"
                             "  bb queues show orders -o json | jq .messages\n"),
       declare_command(), purge_command(), delete_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
