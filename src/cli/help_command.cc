#include <memory>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/parse.h"

namespace bb::cli {

Command help_command(std::function<const std::vector<Command>&()> commands) {
  const auto words = std::make_shared<std::vector<std::string>>();
  const auto markdown = std::make_shared<bool>(false);
  Command command;
  command.name = "help";
  command.summary = "Explain bb or one of its commands";
  command.description = "Prints the list of commands, or what 'bb COMMAND --help' prints.";
  command.examples =
      "  bb help\n"
      "  bb help publish\n"
      "  bb help schema lint\n";
  OptionSpec argument;
  argument.names = {"COMMAND"};
  argument.kind = ValueKind::kCommand;
  argument.value_name = "COMMAND";
  argument.help = "The command to explain";
  argument.repeatable = true;
  argument.accept = [words](const std::string& word) -> Result<void> {
    words->push_back(word);
    return {};
  };
  command.options.push_back(std::move(argument));
  OptionSpec as_markdown = flag("--markdown", *markdown, "Everything, as docs/cli.md has it");
  as_markdown.hidden = true;
  command.options.push_back(std::move(as_markdown));
  command.run = [words, markdown, commands = std::move(commands)] {
    if (*markdown) return print_result(render_markdown(commands()));
    if (words->empty()) return print_result(render_overview(commands()));
    const auto found = find_command(commands(), *words);
    return found ? print_result(render_help(**found)) : report(found.error());
  };
  return command;
}

}  // namespace bb::cli
