#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "base/try.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/schema_settings.h"

namespace bb::cli {
namespace {

struct Options {
  std::optional<std::string> domain;
  std::optional<schema::EventKind> kind;
  OutputFormat format = OutputFormat::kText;
  std::optional<std::string> schemas;
};

// An event type with all its versions; `newest` is what is told of it.
struct Listed {
  schema::EventSchemaInfo newest;
  std::vector<std::uint32_t> versions;
};

std::string domain_of(std::string_view event_type) {
  return std::string(event_type.substr(0, event_type.find('.')));
}

std::vector<Listed> group_versions(std::vector<schema::EventSchemaInfo> events) {
  std::vector<Listed> list;
  for (schema::EventSchemaInfo& event : events) {
    if (list.empty() || list.back().newest.event_type != event.event_type) list.emplace_back();
    list.back().versions.push_back(event.version);
    list.back().newest = std::move(event);
  }
  return list;
}

std::string render_json(const Listed& event) {
  const schema::EventSchemaInfo& info = event.newest;
  return fmt::format(
      "{{\"event_type\":{},\"kind\":\"{}\",\"versions\":[{}],\"title\":{},\"description\":{},"
      "\"routing_key\":{},\"file\":{},\"id\":{}}}",
      quote_json(info.event_type), to_string(info.kind), fmt::join(event.versions, ","),
      quote_json(info.title), quote_json(info.description), quote_json(info.routing_key),
      quote_json(info.file), quote_json(info.id));
}

std::string render_text(const std::vector<Listed>& list) {
  std::size_t type_width = 0;
  std::size_t versions_width = 0;
  std::vector<std::string> versions;
  for (const Listed& event : list) {
    versions.push_back(fmt::format("v{}", fmt::join(event.versions, ",v")));
    type_width = std::max(type_width, event.newest.event_type.size());
    versions_width = std::max(versions_width, versions.back().size());
  }
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const schema::EventSchemaInfo& info = list[i].newest;
    std::string line =
        fmt::format("{:<{}}  {:<7}  {:<{}}  {}", info.event_type, type_width, to_string(info.kind),
                    versions[i], versions_width, escape_controls(info.title));
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string render(const std::vector<Listed>& list, OutputFormat format) {
  if (format == OutputFormat::kText) return render_text(list);
  std::string out;
  for (const Listed& event : list) {
    if (format == OutputFormat::kJson) out += out.empty() ? "[\n" : ",\n";
    out += render_json(event);
    if (format == OutputFormat::kNdjson) out += '\n';
  }
  if (format == OutputFormat::kJson) out += out.empty() ? "[]\n" : "\n]\n";
  return out;
}

// Why the list is empty: that is no failure, but rarely what was meant.
void explain_nothing(const Options& options, const std::vector<Listed>& all,
                     std::string_view repository) {
  std::set<std::string> domains;
  for (const Listed& event : all) domains.insert(domain_of(event.newest.event_type));
  const std::string_view what = options.kind ? to_string(*options.kind) : "event type";
  std::string notice = fmt::format("no {} ", what);
  if (options.domain) notice += fmt::format("of the domain '{}' ", *options.domain);
  notice += fmt::format("in {}", repository);
  if (options.domain && !domains.contains(*options.domain) && !domains.empty()) {
    notice += fmt::format("; there is {}", fmt::join(domains, ", "));
  }
  print_notice(fmt::format("bb: {}", escape_controls(notice)));
}

int run_list(const Options& options) {
  auto repository = open_repository(Settings::load(), options.schemas);
  if (!repository) return report(repository.error());
  const std::vector<Listed> all = group_versions(repository->list());
  std::vector<Listed> list = all;
  std::erase_if(list, [&](const Listed& event) {
    return (options.kind && event.newest.kind != *options.kind) ||
           (options.domain && domain_of(event.newest.event_type) != *options.domain);
  });
  if (list.empty()) explain_nothing(options, all, repository->description());
  return print_result(render(list, options.format));
}

// What the two commands share; `--type` goes between.
Command list_command(const std::shared_ptr<Options>& options, std::optional<OptionSpec> type) {
  Command command;
  command.options.push_back(
      text_option("--domain", "DOMAIN", options->domain,
                  "Only those whose event type begins with this word, such as 'transcription'"));
  if (type) command.options.push_back(*std::move(type));
  command.options.push_back(choice_option(
      "-o,--output", {"text", "json", "ndjson"},
      [options](const std::string& name) {
        options->format = name == "json"     ? OutputFormat::kJson
                          : name == "ndjson" ? OutputFormat::kNdjson
                                             : OutputFormat::kText;
      },
      "A line each (text, the default), one array (json), or an object a line (ndjson)"));
  command.options.push_back(schemas_option(options->schemas));
  command.run = [options] { return run_list(*options); };
  return command;
}

}  // namespace

Command list_events_command() {
  const auto options = std::make_shared<Options>();
  Command command = list_command(
      options, choice_option(
                   "--type", {"event", "command"},
                   [options](const std::string& name) {
                     options->kind = name == "command" ? schema::EventKind::kCommand
                                                       : schema::EventKind::kEvent;
                   },
                   "Only events, which tell what happened, or only commands, which ask one service "
                   "to act"));
  command.name = "list-events";
  command.summary = "List the event types that have a schema";
  command.description =
      "Lists every event type that has a schema: its kind, its versions and its title. Events can "
      "be published without a schema too; those are not here.";
  command.examples =
      "  bb list-events\n"
      "  bb list-events --domain transcription\n"
      "  bb list-events --type command -o json\n"
      "  bb list-events -o ndjson | jq -r .event_type\n";
  return command;
}

Command list_commands_command() {
  const auto options = std::make_shared<Options>();
  options->kind = schema::EventKind::kCommand;
  Command command = list_command(options, std::nullopt);
  command.name = "list-commands";
  command.summary = "List the event types that ask a service to act";
  command.description =
      "Lists the event types that are commands: one service acts on each and answers. The same as "
      "'bb list-events --type command'.";
  command.examples =
      "  bb list-commands\n"
      "  bb list-commands --domain agent -o json\n";
  return command;
}

}  // namespace bb::cli
