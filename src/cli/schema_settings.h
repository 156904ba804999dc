// Which schemas a command works with: `--schemas DIR`, HOLYFIELDS_PATH, or what is found.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bloodbank/result.h"
#include "cli/command.h"
#include "cli/settings.h"
#include "schema/repository.h"

namespace bb::cli {

// `--schemas DIR` of every command that looks at schemas.
OptionSpec schemas_option(std::optional<std::string>& target);

// On standard error.
void warn_of_schemas(const std::string& warning);

// The repository that the flag, the environment or `.env` names, else one that is found. Its
// warnings go to `on_warning`. kUsage for an empty flag; kNotFound with the name of the
// setting where that is no folder.
Result<schema::SchemaRepository> open_repository(
    const Settings& settings, const Settings::Flag& flag, const SchemaOptions& schema = {},
    std::function<void(const std::string&)> on_warning = warn_of_schemas);

}  // namespace bb::cli
