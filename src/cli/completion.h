// Completion scripts for shells, generated from the commands' descriptions: command names,
// options, values of options that have a choice, files and directories.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace bb::cli {

// For bash 4 and later: source <(bb completion bash)
std::string bash_completion(const std::vector<Command>& commands);
// For zsh: source <(bb completion zsh), or as a file _bb on $fpath.
std::string zsh_completion(const std::vector<Command>& commands);
// For fish: bb completion fish | source
std::string fish_completion(const std::vector<Command>& commands);

// `text` as one word of a shell: within single quotes, those in it by '\''. Not for fish.
std::string single_quoted(std::string_view text);

}  // namespace bb::cli
