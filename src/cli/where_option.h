// `--where CONDITION`, of every command that chooses events.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "filter/filter.h"

namespace bb::cli {

OptionSpec where_option(std::string help, std::optional<filter::Filter>& target);

}  // namespace bb::cli
