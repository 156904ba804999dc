#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/commands.h"
#include "cli/event_argument.h"
#include "cli/input.h"
#include "cli/json_text.h"
#include "cli/link_source.h"
#include "cli/output.h"
#include "cli/runner.h"
#include "correlation/graph_json.h"

namespace bb::cli {
namespace {

constexpr std::size_t kMetadataBytesMax = 64 << 10;

struct LinkOptions {
  std::optional<Uuid> child;
  std::vector<Uuid> parents;
  std::optional<std::string> reason;
  std::optional<std::string> metadata;
  LinkPlace links = LinkPlace::kAuto;
  ManagementOptions management;
};

Result<RawJson> metadata_of(const LinkOptions& options) {
  RawJson metadata = "{}";
  if (options.metadata) {
    BB_TRY_ASSIGN(const Input input,
                  read_inline_or_file("--metadata", *options.metadata, kMetadataBytesMax));
    if (!correlation::is_metadata(input.text)) {
      return fail(ErrorCode::kInvalidJson, fmt::format("{} is no JSON object", input.name));
    }
    metadata = minify_json(input.text);
  }
  if (!options.reason) return metadata;
  const correlation::Link given({}, {}, {}, metadata);
  const correlation::Link reason({}, {}, {},
                                 fmt::format(R"({{"reason":{}}})", quote_json(*options.reason)));
  return correlation::merge(given, reason).metadata;
}

int run_link(const LinkOptions& options) {
  auto metadata = metadata_of(options);
  if (!metadata) return report(metadata.error());
  correlation::Link more(*options.child, {}, Timestamp(std::chrono::system_clock::now()),
                         *std::move(metadata));
  // Each once.
  more = correlation::merge(
      more, correlation::Link(*options.child, options.parents, more.created_at, "{}"));
  Runner runner;
  runner.catch_signals();
  auto source = LinkSource::open(runner.context().get_executor(), Settings::load(), options.links,
                                 options.management);
  if (!source) return report(source.error());
  const auto link = runner.run(source->store().add(std::move(more)), source->deadline());
  if (!link) return report(source->explain(link.error()));
  return print_result(correlation::write_link_json(link->child, *link) + "\n");
}

}  // namespace

Command link_command() {
  const auto options = std::make_shared<LinkOptions>();
  Command command;
  command.name = "link";
  command.summary = "Record by hand that events caused another one";
  command.description =
      "Adds causes to those that are recorded of CHILD, and prints what is recorded then. It is in "
      "Redis where REDIS_HOST is set, else with `bb serve`. The events need not be known there.";
  command.examples =
      "  a=$(bb publish llm.prompt --mock)\n"
      "  b=$(bb publish llm.response --mock)\n"
      "  bb link \"$b\" \"$a\" --reason 'same conversation'\n";
  command.options = {
      event_argument("CHILD", options->child, "The event that was caused"),
      event_arguments("PARENT", options->parents, "The events that caused it"),
      text_option("--reason", "TEXT", options->reason, "Why: 'reason' in the link's metadata"),
      text_option("--metadata", "JSON", options->metadata,
                  "More of it: an object, or @FILE, or with - from standard input",
                  ValueKind::kInlineOrFile),
      link_place_option(options->links),
  };
  add_connection_options(command, options->management);
  command.run = [options] { return run_link(*options); };
  return command;
}

}  // namespace bb::cli
