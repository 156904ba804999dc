#include "cli/commands.h"
#include "cli/output.h"

namespace bb::cli {

Command version_command() {
  Command command;
  command.name = "version";
  command.summary = "Print the version";
  command.description = "Prints the version of bb, as 'bb --version' does.";
  command.examples = "  bb version\n";
  command.run = [] { return print_result("bb " BB_VERSION "\n"); };
  return command;
}

}  // namespace bb::cli
