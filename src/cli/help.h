// The text of `bb help` and `bb COMMAND --help`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/command.h"

namespace bb::cli {

// The list of commands, and where to start.
std::string render_overview(const std::vector<Command>& commands);

// A command's synopsis, description, arguments, options and examples, at most `width` columns wide
// where words allow it.
std::string render_help(const Command& command, std::size_t width = 100);

// All of the above as one document, docs/cli.md.
std::string render_markdown(const std::vector<Command>& commands);

}  // namespace bb::cli
