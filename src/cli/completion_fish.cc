#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "cli/completion.h"

namespace bb::cli {
namespace {

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string value_part(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::kNothing:
      return "";
    case ValueKind::kFile:
    case ValueKind::kInlineOrFile:
      return " -r -F";
    case ValueKind::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kChoice:
      return fmt::format(" -x -a {}", fish_quoted(fmt::format("{}", fmt::join(spec.choices, " "))));
    case ValueKind::kCommand:
    case ValueKind::kText:
      return " -x";
  }
  return "";
}

std::string argument_words(const OptionSpec& spec, std::string_view command_names) {
  if (spec.kind == ValueKind::kCommand) return std::string(command_names);
  return fmt::format("{}", fmt::join(spec.choices, " "));
}

void append_command(std::string& out, const Command& command, std::string_view command_names) {
  auto end = std::back_inserter(out);
  std::string seen = fmt::format("__fish_seen_subcommand_from {}", command.name);
  for (const std::string& alias : command.aliases) seen += " " + alias;
  const std::string condition = fish_quoted(seen);
  fmt::format_to(end, "complete -c bb -n __fish_use_subcommand -a {} -d {}\n", command.name,
                 fish_quoted(command.summary));
  for (const std::string& alias : command.aliases) {
    fmt::format_to(end, "complete -c bb -n __fish_use_subcommand -a {} -d {}\n", alias,
                   fish_quoted(command.summary));
  }
  for (const OptionSpec& spec : command.options) {
    if (spec.hidden) continue;
    if (spec.is_argument()) {
      const std::string words = argument_words(spec, command_names);
      if (!words.empty()) {
        fmt::format_to(end, "complete -c bb -n {} -a {}\n", condition, fish_quoted(words));
      }
      continue;
    }
    fmt::format_to(end, "complete -c bb -n {}", condition);
    for (const std::string& name : spec.names) {
      if (name.starts_with("--")) {
        fmt::format_to(end, " -l {}", name.substr(2));
      } else {
        fmt::format_to(end, " -s {}", name.substr(1));
      }
    }
    fmt::format_to(end, "{} -d {}\n", value_part(spec), fish_quoted(spec.help));
  }
}

}  // namespace

std::string fish_completion(const std::vector<Command>& commands) {
  std::string names;
  for (const Command& command : commands) {
    if (!command.hidden) names += (names.empty() ? "" : " ") + command.name;
  }
  std::string out =
      "# fish completion of bb. To load it: bb completion fish | source\n"
      "complete -c bb -f\n"
      "complete -c bb -s h -l help -d 'This help, or that of a command'\n"
      "complete -c bb -n __fish_use_subcommand -s V -l version -d 'The version'\n";
  for (const Command& command : commands) {
    if (!command.hidden) append_command(out, command, names);
  }
  return out;
}

}  // namespace bb::cli
