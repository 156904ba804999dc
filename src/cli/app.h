// The program: from the arguments of main() to an exit code.
#pragma once

#include <vector>

#include "cli/command.h"

namespace bb::cli {

// All commands, in the order of `bb help`.
const std::vector<Command>& all_commands();

// Runs the command that the arguments name and gives the process's exit code. SIGPIPE is ignored
// from then on: a reader that has gone is seen as the result of a write.
int run(int argc, const char* const* argv);

}  // namespace bb::cli
