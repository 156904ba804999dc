#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/schema_properties.h"
#include "cli/schema_settings.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

struct Options {
  std::optional<std::string> given_name;  // required
  std::optional<std::uint64_t> version;
  bool json_output = false;
  std::optional<std::string> schemas;
};

// Columns of types and names are no wider, whatever a schema says.
constexpr std::size_t kColumnWidthMax = 40;

struct Shown {
  std::shared_ptr<const schema::EventSchema> event;
  std::vector<std::uint32_t> versions;
  std::string repository;
};

void append_property_table(std::string& out, const std::vector<SchemaProperty>& properties) {
  const auto column_of = [&](auto member, std::string_view head) {
    std::size_t width = head.size();
    for (const SchemaProperty& property : properties) {
      width = std::max(width, display_width(escape_controls(property.*member)));
    }
    return std::min(width, kColumnWidthMax);
  };
  const std::size_t name_width = column_of(&SchemaProperty::name, "NAME");
  const std::size_t type_width = column_of(&SchemaProperty::type, "TYPE");
  const auto append_cell = [&out](std::string_view text, std::size_t width) {
    const std::string cell = shorten(escape_controls(text), width);
    out += cell;
    out.append(width - std::min(width, display_width(cell)) + 2, ' ');
  };
  const auto append_row = [&](std::string_view name, std::string_view type,
                              std::string_view required, std::string_view description) {
    out += "  ";
    append_cell(name, name_width);
    append_cell(type, type_width);
    append_cell(required, 8);
    out += escape_controls(description);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  append_row("NAME", "TYPE", "REQUIRED", "DESCRIPTION");
  for (const SchemaProperty& property : properties) {
    append_row(property.name, property.type, property.required ? "yes" : "", property.description);
  }
}

// JSON from a file, its lines moved to the right; nothing in it drives a terminal.
void append_block(std::string& out, std::string_view json, std::size_t indent) {
  while (!json.empty() && (json.back() == '\n' || json.back() == '\r')) json.remove_suffix(1);
  while (!json.empty()) {
    const std::size_t end = std::min(json.find('\n'), json.size());
    out.append(indent, ' ');
    out += escape_controls(json.substr(0, end));
    out += '\n';
    json.remove_prefix(std::min(end + 1, json.size()));
  }
}

// `json` without the indentation that its lines after the first share: it stood inside of a file.
std::string outdented(std::string_view json) {
  std::size_t shared = std::string_view::npos;
  for (std::size_t at = json.find('\n'); at != std::string_view::npos;
       at = json.find('\n', at + 1)) {
    const std::size_t text = json.find_first_not_of(' ', at + 1);
    if (text == std::string_view::npos || json[text] == '\n') continue;
    shared = std::min(shared, text - at - 1);
  }
  if (shared == std::string_view::npos || shared == 0) return std::string(json);
  std::string out;
  while (!json.empty()) {
    const std::size_t end = std::min(json.find('\n'), json.size() - 1) + 1;
    out += json.substr(0, end);
    json.remove_prefix(end);
    json.remove_prefix(std::min({shared, json.find_first_not_of(' '), json.size()}));
  }
  return out;
}

std::string render_text(const Shown& shown) {
  const schema::EventSchemaInfo& info = shown.event->info;
  const bool colour = inspect_terminal(STDOUT_FILENO).colour;
  const auto heading = [colour](std::string_view text) {
    return paint(text, Style::kBold, colour);
  };
  std::string out;
  const auto end = std::back_inserter(out);
  fmt::format_to(end, "{} ({}, version {})\n", heading(info.event_type), to_string(info.kind),
                 info.version);
  if (!info.title.empty()) fmt::format_to(end, "{}\n", escape_controls(info.title));
  if (!info.description.empty()) fmt::format_to(end, "{}\n", escape_controls(info.description));
  fmt::format_to(end, "\n  versions     {}\n", fmt::join(shown.versions, ", "));
  fmt::format_to(end, "  file         {} in {}\n", escape_controls(info.file),
                 escape_controls(shown.repository));
  fmt::format_to(end, "  $id          {}\n", escape_controls(info.id));
  if (info.routing_key != info.event_type) {
    fmt::format_to(end, "  routing key  {}\n", escape_controls(info.routing_key));
  }
  const auto properties = list_properties(shown.event->schema);
  if (!properties.empty()) {
    fmt::format_to(end, "\n{}\n", heading("Properties of the payload"));
    append_property_table(out, properties);
  }
  if (!shown.event->examples.empty()) {
    fmt::format_to(end, "\n{}\n", heading("Example"));
    append_block(out, outdented(shown.event->examples.front()), 2);
  }
  fmt::format_to(end, "\n{}\n", heading("Schema"));
  append_block(out, shown.event->text, 2);
  return out;
}

std::string render_json(const Shown& shown) {
  const schema::EventSchemaInfo& info = shown.event->info;
  std::vector<std::string> properties;
  for (const SchemaProperty& property : list_properties(shown.event->schema)) {
    properties.push_back(fmt::format(
        "{{\"name\":{},\"type\":{},\"required\":{},\"description\":{}}}", quote_json(property.name),
        quote_json(property.type), property.required, quote_json(property.description)));
  }
  std::vector<std::string> examples;
  for (const std::string& example : shown.event->examples) examples.push_back(minify_json(example));
  return fmt::format(
      "{{\"event_type\":{},\"version\":{},\"versions\":[{}],\"kind\":\"{}\",\"title\":{},"
      "\"description\":{},\"file\":{},\"id\":{},\"routing_key\":{},\"properties\":[{}],"
      "\"examples\":[{}],\"schema\":{}}}\n",
      quote_json(info.event_type), info.version, fmt::join(shown.versions, ","),
      to_string(info.kind), quote_json(info.title), quote_json(info.description),
      quote_json(info.file), quote_json(info.id), quote_json(info.routing_key),
      fmt::join(properties, ","), fmt::join(examples, ","), minify_json(shown.event->text));
}

Result<Shown> look_up(const Options& options) {
  const std::string name = options.given_name.value_or("");
  BB_TRY_ASSIGN(auto repository, open_repository(Settings::load(), options.schemas));
  std::optional<std::uint32_t> version;
  if (options.version) version = static_cast<std::uint32_t>(*options.version);
  BB_TRY_ASSIGN(auto event, repository.find(name, version));
  return Shown{.event = std::move(event),
               .versions = repository.versions(name),
               .repository = repository.description()};
}

int run_show(const Options& options) {
  const auto shown = look_up(options);
  if (!shown) return report(shown.error());
  return print_result(options.json_output ? render_json(*shown) : render_text(*shown));
}

}  // namespace

Command show_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "show";
  command.summary = "Show the schema of an event type";
  command.description =
      "Shows what the payload of an event looks like: its properties, those of shared definitions "
      "included, an example, and the schema itself.";
  command.examples =
      "  bb show transcription.voice.completed\n"
      "  bb show llm.prompt --schema-version 1 -o json\n"
      "  bb show artifact.created -o json | jq .examples[0]\n";
  OptionSpec name =
      text_option("NAME", "NAME", options->given_name, "The event type", ValueKind::kEventType);
  name.required = true;
  command.options.push_back(std::move(name));
  command.options.push_back(number_option("--schema-version", 1,
                                          std::numeric_limits<std::uint32_t>::max(),
                                          options->version, "This version, not the newest"));
  command.options.push_back(choice_option(
      "-o,--output", {"text", "json"},
      [options](const std::string& format) { options->json_output = format == "json"; },
      "For a person (text, the default), or everything in one object (json)"));
  command.options.push_back(schemas_option(options->schemas));
  command.run = [options] { return run_show(*options); };
  return command;
}

}  // namespace bb::cli
