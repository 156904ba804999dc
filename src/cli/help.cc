#include "cli/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "cli/display_text.h"

namespace bb::cli {
namespace {

// Descriptions start here; a longer name puts its description on the next line.
constexpr std::size_t kHelpColumn = 30;

// Adds `text` broken at spaces, every line but the first indented by `indent`. The cursor is
// at column `indent` already.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent,
                    std::size_t width) {
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t word_bytes = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, word_bytes);
    const std::size_t word_width = display_width(word);
    if (column > indent && column + 1 + word_width > width) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word_width;
    text.remove_prefix(std::min(word_bytes + 1, text.size()));
  }
  out += '\n';
}

void append_row(std::string& out, std::string_view name, std::string_view help, std::size_t width) {
  fmt::format_to(std::back_inserter(out), "  {}", name);
  const std::size_t used = 2 + display_width(name);
  if (used + 2 > kHelpColumn) {
    out += '\n';
    out.append(kHelpColumn, ' ');
  } else {
    out.append(kHelpColumn - used, ' ');
  }
  append_wrapped(out, help, kHelpColumn, width);
}

std::string synopsis_of(const OptionSpec& argument) {
  const std::string name = argument.display_name() + (argument.repeatable ? "..." : "");
  return argument.required ? name : fmt::format("[{}]", name);
}

std::string label_of(const OptionSpec& option) {
  // A long name alone is put where it would be behind a short one.
  std::string label =
      option.names.size() == 1 && option.names.front().starts_with("--") ? "    " : "";
  label += fmt::format("{}", fmt::join(option.names, ", "));
  if (option.takes_value()) label += fmt::format(" {}", option.value_name);
  return label;
}

std::string help_of(const OptionSpec& option) {
  if (option.is_argument() || !option.repeatable || !option.takes_value()) return option.help;
  return option.help + "; may be repeated";
}

}  // namespace

std::string render_overview(const std::vector<Command>& commands) {
  std::string out =
      "bb: the Bloodbank event bus\n"
      "\n"
      "Usage: bb COMMAND [OPTIONS] [ARGUMENTS]\n"
      "\n"
      "Commands:\n";
  for (const Command& command : commands) {
    if (command.hidden) continue;
    const std::string name =
        command.aliases.empty()
            ? command.name
            : fmt::format("{}, {}", command.name, fmt::join(command.aliases, ", "));
    fmt::format_to(std::back_inserter(out), "  {:<17} {}\n", name, command.summary);
  }
  out +=
      "\n"
      "  -h, --help        This help, or that of a command\n"
      "  -V, --version     The version\n"
      "\n"
      "Start here, in two terminals:\n"
      "  bb serve\n"
      "  bb subscribe '#'\n"
      "and in a third:\n"
      "  bb publish llm.prompt --json '{\"prompt\":\"hello\"}'\n"
      "\n"
      "Settings come from the option, then the environment, then .env in the current directory:\n"
      "  RABBIT_URL        The broker (default amqp://guest:guest@localhost:5672/)\n"
      "  EXCHANGE_NAME     The exchange of the events (default bloodbank.events.v1)\n"
      "  BB_HTTP_URL       The broker's management API (default: port 8682 of the broker's host)\n"
      "  BB_DATA_DIR       Where bb serve keeps its data (default ~/.local/state/bloodbank)\n"
      "  HOLYFIELDS_PATH   The folder of event schemas (default: ./schemas, ../holyfields,\n"
      "                    ../holyfields/trunk-main, ~/code/33GOD/holyfields/trunk-main, else "
      "those\n"
      "                    that come with bb)\n"
      "\n"
      "Exit codes: 0 ok, 1 failure, 2 usage, 3 partial, 4 refused (authentication, permission),\n"
      "5 not valid or not JSON, 6 no queue received it, 7 broker unreachable, 130 interrupted.\n"
      "\n"
      "See 'bb help COMMAND' for the options of a command, with examples.\n";
  return out;
}

std::string render_help(const Command& command, std::size_t width) {
  std::string out = fmt::format("Usage: bb {}", command.full_name());
  std::string arguments;
  std::string options;
  for (const OptionSpec& spec : command.options) {
    if (spec.hidden) continue;
    if (spec.is_argument()) {
      append_row(arguments, spec.display_name(), spec.help, width);
    } else {
      append_row(options, label_of(spec), help_of(spec), width);
    }
  }
  const std::string_view subcommand_word =
      command.default_subcommand.empty() ? " COMMAND" : " [COMMAND]";
  if (command.is_group()) out += subcommand_word;
  out += command.is_group() ? " [OPTIONS] [ARGUMENTS]" : " [OPTIONS]";
  for (const OptionSpec& spec : command.options) {
    if (spec.is_argument() && !spec.hidden) out += " " + synopsis_of(spec);
  }
  out += '\n';
  if (!command.aliases.empty()) {
    fmt::format_to(std::back_inserter(out), "Also: bb {}\n", fmt::join(command.aliases, ", bb "));
  }
  out += '\n';
  // Paragraphs are separated by a line break; an indented one is kept as it is.
  std::string_view rest = command.description;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view paragraph = rest.substr(0, end);
    if (paragraph.starts_with(' ')) {
      fmt::format_to(std::back_inserter(out), "{}\n", paragraph);
    } else {
      append_wrapped(out, paragraph, 0, width);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!arguments.empty()) out += "\nArguments:\n" + arguments;
  if (command.is_group()) out += "\nCommands:\n";
  for (const Command& subcommand : command.subcommands) {
    if (subcommand.hidden) continue;
    const bool is_default = subcommand.name == command.default_subcommand;
    append_row(out, subcommand.name, subcommand.summary + (is_default ? " (the default)" : ""),
               width);
  }
  append_row(options, "-h, --help", "This help", width);
  out += "\nOptions:\n" + options;
  if (!command.examples.empty()) out += "\nExamples:\n" + command.examples;
  return out;
}

}  // namespace bb::cli
