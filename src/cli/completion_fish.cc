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
    case ValueKind::kEventType:
      return " -x -a '(__bb_event_types)'";
    case ValueKind::kCommand:
    case ValueKind::kText:
      return " -x";
  }
  return "";
}

std::string argument_words(const OptionSpec& spec, std::string_view command_names) {
  if (spec.kind == ValueKind::kCommand) return std::string(command_names);
  if (spec.kind == ValueKind::kEventType) return "(__bb_event_types)";
  return fmt::format("{}", fmt::join(spec.choices, " "));
}

// `is_default`: of a subcommand, that it runs where its group's name stands alone.
void append_command(std::string& out, const Command& command, bool is_default,
                    std::string_view command_names) {
  auto end = std::back_inserter(out);
  std::string seen = fmt::format("__bb_word 2 {}", command.name);
  for (const std::string& alias : command.aliases) seen += " " + alias;
  std::string unseen = "__fish_use_subcommand";
  if (!command.parent.empty()) {
    const std::string group = fmt::format("__bb_word 2 {}", command.parent);
    unseen = fmt::format("{}; and __bb_no_word 3", group);
    seen = fmt::format("{}; and begin; __bb_word 3 {}{}; end", group, command.name,
                       is_default ? "; or __bb_no_word 3" : "");
  }
  const std::string condition = fish_quoted(seen);
  std::vector<std::string> names = command.aliases;
  names.insert(names.begin(), command.name);
  for (const std::string& name : names) {
    fmt::format_to(end, "complete -c bb -n {} -a {} -d {}\n", fish_quoted(unseen), name,
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
  // Of the program that is being completed, wherever it is.
  out +=
      "function __bb_event_types\n"
      "  set -l words (commandline -opc)\n"
      "  $words[1] __complete event-types 2>/dev/null\n"
      "end\n";
  // By their place: a group's command may have the name of another command.
  out +=
      "function __bb_word\n"
      "  set -l words (commandline -opc)\n"
      "  contains -- \"$words[$argv[1]]\" $argv[2..]\n"
      "end\n"
      "function __bb_no_word\n"
      "  set -l words (commandline -opc)\n"
      "  test -z \"$words[$argv[1]]\"; or string match -q -- '-*' $words[$argv[1]]\n"
      "end\n";
  for (const Command& command : commands) {
    if (command.hidden) continue;
    append_command(out, command, false, names);
    for (const Command& subcommand : command.subcommands) {
      if (subcommand.hidden) continue;
      append_command(out, subcommand, subcommand.name == command.default_subcommand, names);
    }
  }
  return out;
}

}  // namespace bb::cli
