#include <memory>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/output.h"

namespace bb::cli {

Command completion_command(std::function<const std::vector<Command>&()> commands) {
  const auto shell = std::make_shared<std::string>();
  Command command;
  command.name = "completion";
  command.summary = "Print the completion script for a shell";
  command.description =
      "Prints a script that completes commands, options, their values and files. Load it in the "
      "current shell as the examples do, or add that line to the shell's start-up file.";
  command.examples =
      "  source <(bb completion bash)\n"
      "  source <(bb completion zsh)\n"
      "  bb completion fish | source\n";
  OptionSpec argument = choice_option(
      "SHELL", {"bash", "zsh", "fish"}, [shell](const std::string& name) { *shell = name; },
      "bash, zsh or fish");
  argument.required = true;
  command.options.push_back(std::move(argument));
  command.run = [shell, commands = std::move(commands)] {
    if (*shell == "bash") return print_result(bash_completion(commands()));
    if (*shell == "zsh") return print_result(zsh_completion(commands()));
    return print_result(fish_completion(commands()));
  };
  return command;
}

}  // namespace bb::cli
