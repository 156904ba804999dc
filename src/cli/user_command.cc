#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/resource.h"
#include "cli/user_actions.h"

namespace bb::cli {
namespace {

// A command about one user; what is common to all of them.
Command user_action(std::string name, std::string summary,
                    const std::shared_ptr<UserOptions>& options,
                    Result<void> (*run)(const UserOptions&)) {
  Command command;
  command.name = std::move(name);
  command.summary = std::move(summary);
  command.options.push_back(required_argument("NAME", options->name, "The user"));
  command.run = [options, run] { return exit_code_of(run(*options)); };
  return command;
}

void add_password_options(Command& command, UserOptions& options) {
  command.options.push_back(flag("--password-stdin", options.password_stdin,
                                 "Read it from standard input, one line, instead of asking"));
  command.options.push_back(text_option(
      "--password", "PASSWORD", options.password,
      "The password itself; other users of this machine and the shell's history may see it"));
  command.options.push_back(
      flag("--no-password", options.no_password, "No password: the user cannot log in with one"));
}

// One tag, with no separator in it.
OptionSpec tags_argument(std::vector<std::string>& tags) {
  OptionSpec spec;
  spec.names = {"TAG"};
  spec.value_name = "TAG";
  spec.help = "administrator, monitoring, policymaker, management, or any other word";
  spec.repeatable = true;
  spec.accept = [&tags](const std::string& tag) -> Result<void> {
    if (tag.empty() || tag.find_first_of(", \t\r\n") != std::string::npos) {
      return fail(ErrorCode::kUsage, fmt::format("'{}' is not one word without commas", tag));
    }
    tags.push_back(tag);
    return {};
  };
  return spec;
}

Command add_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("add", "Make a user", options, add_user);
  command.description =
      "Makes a user. The password is asked for, or read from standard input. Until 'bb user "
      "permit' the user may not do anything.";
  command.examples =
      "  bb user add ada\n"
      "  printf '%s\\n' \"$SECRET\" | bb user add ada --password-stdin --tag monitoring\n";
  add_password_options(command, *options);
  OptionSpec tags = tags_argument(options->tags);
  tags.names = {"--tag"};
  command.options.push_back(std::move(tags));
  add_connection_options(command, options->management);
  return command;
}

Command delete_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("delete", "Delete a user", options, delete_user);
  command.description = "Deletes a user and its permissions, after asking.";
  command.examples = "  bb user delete ada --yes\n";
  command.options.push_back(yes_option(options->management));
  add_connection_options(command, options->management);
  return command;
}

Command password_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("password", "Change a user's password", options, change_password);
  command.description =
      "Changes a user's password: asked for, or read from standard input. Tags and permissions "
      "stay.";
  command.examples =
      "  bb user password ada\n"
      "  printf '%s\\n' \"$SECRET\" | bb user password ada --password-stdin\n";
  add_password_options(command, *options);
  add_connection_options(command, options->management);
  return command;
}

Command tags_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("tags", "Set a user's tags", options, set_tags);
  command.description =
      "Sets a user's tags, instead of those it has; without TAG it has none. They say what the "
      "user "
      "may do with the management API: 'administrator' everything, 'monitoring' look at all of it, "
      "'management' look after what is its own.";
  command.examples =
      "  bb user tags ada monitoring\n"
      "  bb user tags ada\n";
  command.options.push_back(tags_argument(options->tags));
  add_connection_options(command, options->management);
  return command;
}

Command permit_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("permit", "Let a user into a vhost", options, permit_user);
  command.description =
      "Lets a user into a virtual host, instead of what it may do there so far: regular "
      "expressions of the names of queues and exchanges that it may configure (make, delete), "
      "write to and read from. Without any of the three everything is permitted; where one is "
      "given, those that are not permit nothing.";
  command.examples =
      "  bb user permit ada\n"
      "  bb user permit ada --vhost prod --write '^bloodbank\\.' --read '^ada\\.'\n";
  command.options.push_back(
      text_option("--configure", "REGEX", options->configure, "What it may make and delete"));
  command.options.push_back(
      text_option("--write", "REGEX", options->write, "What it may publish to"));
  command.options.push_back(
      text_option("--read", "REGEX", options->read, "What it may consume from"));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  return command;
}

Command forbid_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("forbid", "Keep a user out of a vhost", options, forbid_user);
  command.description = "Takes away all that a user may do in a virtual host, after asking.";
  command.examples = "  bb user forbid ada --vhost prod --yes\n";
  command.options.push_back(yes_option(options->management));
  command.options.push_back(vhost_option(options->management));
  add_connection_options(command, options->management);
  return command;
}

Command show_user_command() {
  const auto options = std::make_shared<UserOptions>();
  Command command = user_action("show", "Show a user and its permissions", options, show_user);
  command.description = "Shows a user: its tags, and what it may do in which virtual host.";
  command.examples = "  bb user show guest\n";
  command.options.push_back(format_option(options->management));
  add_connection_options(command, options->management);
  return command;
}

}  // namespace

Command user_command() {
  Command group = command_group(
      "user", "Users: make, delete, permit, passwords and tags",
      "Users of the broker, by its management API, for users with the tag administrator.",
      {resource_list_command(user_resource(), "Lists users with their tags.",
                             "  bb user list\n"
                             "  bb user list -o ndjson\n"),
       show_user_command(), add_command(), delete_command(), password_command(), tags_command(),
       permit_command(), forbid_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
