#include <fmt/format.h>

#include <iterator>

#include "cli/help.h"

namespace bb::cli {
namespace {

// Names of commands are words: their heading's anchor is them with hyphens.
std::string anchor_of(const Command& command) {
  return command.parent.empty() ? fmt::format("bb-{}", command.name)
                                : fmt::format("bb-{}-{}", command.parent, command.name);
}

}  // namespace

std::string render_markdown(const std::vector<Command>& commands) {
  std::string out =
      "# bb, command by command\n"
      "\n"
      "What `bb help` and `bb help COMMAND` print. Written by `bb help --markdown`, not by hand.\n"
      "\n";
  const auto end = std::back_inserter(out);
  for_each_command(commands, [&](const Command& command) {
    if (command.hidden) return;
    fmt::format_to(end, "{}- [`bb {}`](#{}): {}\n", command.parent.empty() ? "" : "  ",
                   command.full_name(), anchor_of(command), command.summary);
  });
  fmt::format_to(end, "\n## bb\n\n```text\n{}```\n", render_overview(commands));
  for_each_command(commands, [&](const Command& command) {
    if (command.hidden) return;
    fmt::format_to(end, "\n## bb {}\n\n```text\n{}```\n", command.full_name(),
                   render_help(command));
  });
  return out;
}

}  // namespace bb::cli
