// An argument that is an event: its id.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bloodbank/uuid.h"
#include "cli/command.h"

namespace bb::cli {

OptionSpec event_argument(std::string name, std::optional<Uuid>& target, std::string help);
OptionSpec event_arguments(std::string name, std::vector<Uuid>& target, std::string help);

}  // namespace bb::cli
