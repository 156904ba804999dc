#include <cstdlib>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/schema_settings.h"

namespace bb::cli {
namespace {

// Whoever presses the tab key wants names or nothing: errors are not told.
int print_event_types() {
  const Settings settings{[](const char* name) { return std::getenv(name); }, load_dotenv(".env")};
  const auto setting = settings.schemas(std::nullopt);
  schema::RepositoryOptions options;
  if (setting && !setting->value.empty()) options.root = setting->value;
  if (const auto home = settings.home()) options.home = *home;
  auto repository = schema::SchemaRepository::open(std::move(options));
  if (!repository) return kExitOk;
  std::string out;
  std::string last;
  for (const schema::EventSchemaInfo& event : repository->list()) {
    if (event.event_type == last) continue;  // another version
    last = event.event_type;
    out += last + "\n";
  }
  (void)print_result(out);
  return kExitOk;
}

}  // namespace

Command complete_command() {
  Command command;
  command.name = "__complete";
  command.summary = "Print names for shell completion";
  command.description = "Called by the scripts of 'bb completion'.";
  command.examples = "  bb __complete event-types\n";
  command.hidden = true;
  OptionSpec what =
      choice_option("WHAT", {"event-types"}, [](const std::string&) {}, "What to print");
  what.required = true;
  command.options.push_back(std::move(what));
  command.run = print_event_types;
  return command;
}

}  // namespace bb::cli
