#include <memory>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"

namespace bb::cli {

Command help_command(std::function<const std::vector<Command>&()> commands) {
  const auto name = std::make_shared<std::optional<std::string>>();
  Command command;
  command.name = "help";
  command.summary = "Explain bb or one of its commands";
  command.description = "Prints the list of commands, or what 'bb COMMAND --help' prints.";
  command.examples =
      "  bb help\n"
      "  bb help publish\n";
  command.options.push_back(
      text_option("COMMAND", "COMMAND", *name, "The command to explain", ValueKind::kCommand));
  command.run = [name, commands = std::move(commands)] {
    if (!*name) return print_result(render_overview(commands()));
    const auto found = find_command(commands(), **name);
    return found ? print_result(render_help(**found)) : report(found.error());
  };
  return command;
}

}  // namespace bb::cli
