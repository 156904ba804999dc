// Reading the command line against the commands' descriptions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/command.h"

namespace bb::cli {

struct Parsed {
  const Command* command = nullptr;  // none was named; a group if none of its commands was
  bool help = false;                 // -h, --help
  bool version = false;              // -V, --version; without a command alone
};

// `arguments` are those after the program's name. Calls accept() for every value given, unless help
// is asked for. kUsage otherwise: one line that says what is wrong, the nearest name where one was
// mistyped, and the help to read.
Result<Parsed> parse_command_line(const std::vector<Command>& commands,
                                  std::span<const std::string> arguments);

// The command of that name or alias, or the subcommand of two; kUsage with the nearest name.
Result<const Command*> find_command(const std::vector<Command>& commands,
                                    std::span<const std::string> words);

}  // namespace bb::cli
