#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/schema_lint.h"
#include "cli/schema_settings.h"

namespace bb::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool no_naming = false;
  bool json_output = false;
};

std::string render_text(const LintReport& report) {
  std::string out;
  for (const LintFinding& finding : report.findings) {
    out += fmt::format("{}:{}:{}: {}\n", escape_controls(finding.path), finding.line,
                       finding.column, escape_controls(finding.message));
  }
  return out;
}

std::string render_json(const LintReport& report) {
  std::string findings;
  for (const LintFinding& finding : report.findings) {
    findings +=
        fmt::format("{}{{\"path\":{},\"line\":{},\"column\":{},\"rule\":{},\"message\":{}}}",
                    findings.empty() ? "" : ",", quote_json(finding.path), finding.line,
                    finding.column, quote_json(finding.rule), quote_json(finding.message));
  }
  return fmt::format("{{\"files\":{},\"findings\":[{}]}}\n", report.files, findings);
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Without a path: the repository that other commands would use.
Result<std::vector<std::string>> default_paths() {
  auto repository = open_repository(Settings::load(), std::nullopt);
  if (!repository) return fail(std::move(repository).error());
  if (!repository->root()) {
    return fail(ErrorCode::kUsage,
                "there is no folder of schemas here: say which, as in 'bb schema lint DIR'");
  }
  return std::vector<std::string>{repository->description()};
}

int run_lint(Options& options) {
  if (options.paths.empty()) {
    auto paths = default_paths();
    if (!paths) return report(paths.error());
    options.paths = *std::move(paths);
  }
  const LintReport result = lint_schemas(options.paths, !options.no_naming);
  const int printed = print_result(options.json_output ? render_json(result) : render_text(result));
  for (const Error& error : result.unreadable) print_error(error.message);
  print_notice(fmt::format(
      "{}, {}", plural(result.files, "file"),
      result.findings.empty() ? "no findings" : plural(result.findings.size(), "finding")));
  if (printed != kExitOk) return printed;
  if (!result.unreadable.empty()) return kExitFailure;
  return result.findings.empty() ? kExitOk : error_info(ErrorCode::kInvalidPayload).exit_code;
}

Command lint_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "lint";
  command.summary = "Check schema files";
  command.description =
      "Checks schema files, and every *.json below folders: that they are JSON Schemas and compile "
      "as a whole, that what they refer to is there, that their examples and defaults are valid, "
      "that no two files claim one $id or one version of an event type, and that names follow the "
      "rules of schemas/README.md. Prints a line for each finding, PATH:LINE:COLUMN: MESSAGE. "
      "Exits "
      "with 5 if there are any, with 1 if a path cannot be read.";
  command.examples =
      "  bb schema lint\n"
      "  bb schema lint schemas/llm schemas/tonny\n"
      "  bb schema lint --no-naming ../holyfields -o json\n";
  OptionSpec paths;
  paths.names = {"PATH"};
  paths.kind = ValueKind::kFile;
  paths.value_name = "PATH";
  paths.help =
      "Schema files, or folders of them (default: the folder of schemas that other commands "
      "use; needed where there is none)";
  paths.repeatable = true;
  paths.accept = [options](const std::string& path) -> Result<void> {
    if (path.empty()) return fail(ErrorCode::kUsage, "it is empty");
    options->paths.push_back(path);
    return {};
  };
  command.options.push_back(std::move(paths));
  command.options.push_back(flag("--no-naming", options->no_naming,
                                 "Leave out the rules on names, titles and examples, for schemas "
                                 "that follow others"));
  command.options.push_back(choice_option(
      "-o,--output", {"text", "json"},
      [options](const std::string& format) { options->json_output = format == "json"; },
      "A line for each finding (text, the default), or one object (json)"));
  command.run = [options] { return run_lint(*options); };
  return command;
}

}  // namespace

Command schema_command() {
  return command_group("schema", "Work with schema files",
                       "Commands for those who write event schemas.", {lint_command()});
}

}  // namespace bb::cli
